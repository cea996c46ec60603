-- What Ardour makes of the regions of a session, one a line: "region|audio or midi|track|position|length|", then, in
-- samples from the session's start, where the sound rises out of silence, or where the notes begin.
-- In the environment: SESSION_FOLDER.
local THRESHOLD, QUIET, BLOCK = 0.02, 4800, 8192

local function rises(region)
	local sound, memory = region:to_readable(), ARDOUR.DSP.DspShm(BLOCK)
	local found, place, loud = {}, 0, -QUIET
	while place < sound:readable_length() do
		local count = sound:read(memory:to_float(0), place, BLOCK, 0)
		assert(count > 0, "the sound ends early")
		local samples = memory:to_float(0):array()
		for index = 1, count do
			if math.abs(samples[index]) > THRESHOLD then
				local here = place + index - 1
				if here - loud >= QUIET then
					found[#found + 1] = here + region:position():samples()
				end
				loud = here
			end
		end
		place = place + count
	end
	return found
end

local function onsets(region)
	local found = {}
	for note in ARDOUR.LuaAPI.note_list(region:midi_source(0):model()):iter() do
		local beats, ticks = tostring(note:time()):match("(%d+):(%d+)")
		local place = Temporal.timepos_t.from_ticks(beats * Temporal.ticks_per_beat + ticks)
		found[#found + 1] = place:samples()
	end
	return found
end

AudioEngine:set_backend("None (Dummy)", "", "")
local session = assert(load_session(os.getenv("SESSION_FOLDER"), "stems"), "no session")
for route in session:get_routes():iter() do
	local track = route:to_track()
	if not track:isnil() then
		for region in track:playlist():region_list():iter() do
			local audio, midi = region:to_audioregion(), region:to_midiregion()
			local kind, places = "audio", nil
			if audio:isnil() then
				kind, places = "midi", onsets(midi)
			else
				places = rises(audio)
			end
			print(table.concat({ "region", kind, route:name(), region:position():samples(),
				region:length():samples(), table.concat(places, " ") }, "|"))
		end
	end
end
quit()
