-- A new session with an audio and a MIDI track for each name; in the environment: SESSION_FOLDER, which must not
-- be there yet, SESSION_RATE, and SESSION_NAMES, one a line.
AudioEngine:set_backend("None (Dummy)", "", "")
local session = assert(create_session(os.getenv("SESSION_FOLDER"), "stems", tonumber(os.getenv("SESSION_RATE"))))
local last, normal = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal
local midi = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
for name in os.getenv("SESSION_NAMES"):gmatch("[^\n]+") do
	session:new_audio_track(2, 2, nil, 1, name, last, normal, true)
	session:new_midi_track(midi, midi, true, ARDOUR.PluginInfo(), nil, nil, 1, name .. " MIDI", last, normal, true)
end
assert(session:save_state("") == 0, "not saved")
close_session()
quit()
