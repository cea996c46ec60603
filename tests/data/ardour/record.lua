-- Records one MIDI port on a new session's only track, from when it says "recording" until a line comes in.
-- In the environment: RECORD_FOLDER, which must not be there yet, and RECORD_SOURCE, a JACK port.

local function say(line) -- at once, as print does not where it writes to a pipe
	io.stderr:write(line, "\n")
end

local function wait_for(what, condition)
	for _ = 1, 600 do
		if condition() then
			return
		end
		ARDOUR.LuaAPI.usleep(50000)
	end
	error("waited in vain: " .. what)
end

local folder, source = os.getenv("RECORD_FOLDER"), os.getenv("RECORD_SOURCE")
AudioEngine:set_backend("JACK", "ardour", "")
local session = assert(create_session(folder, "recording", 48000), "no session")
local midi = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
local track = session:new_midi_track(midi, midi, true, ARDOUR.PluginInfo(), nil, nil, 1, "band",
	ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true):front():to_track()
local input = track:input():nth(0)
ARDOUR.LuaAPI.usleep(500000) -- Ardour's threads still ask JACK about the new ports, and JACK minds two who ask at once
wait_for("the connection with " .. source, function() return input:connected() or input:connect(source) == 0 end)
track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
session:maybe_enable_record()
session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
wait_for("the recording", function()
	return session:actively_recording() and session:transport_sample() > 0
end)
say("recording")

io.read("l")
session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
wait_for("the region", function()
	return session:transport_stopped() and track:playlist():region_list():size() > 0
end)
assert(session:save_state("") == 0, "not saved")
close_session()
say("saved")
quit()
