-- A stand-in for REAPER as a Lua script sees it: the functions that Bandmate uses, with the kinds of their arguments,
-- and a refusal of every other. One project with one tempo and one metre. What is to be kept is printed as JSON.
--
--     lua5.4 reaper_host.lua SCENE.lua SCRIPT.lua
--
-- SCENE.lua returns { bpm, beats, unit, resources, program, inputs, menu, cursor, tracks = { { name, items } } }; an
-- item is { from, to, loop, period, selected, notes = { { from, to, pitch, velocity, channel, muted } } } in quarter notes.

local scene = dofile(arg[1])
local TICKS = 960 -- of this project's MIDI items
local second = 60 / scene.bpm -- seconds of a quarter note
local bar = scene.beats * 4 / scene.unit
local state = { said = {}, undo = {}, refresh = 0, blocks = 0, ext = { program = scene.program }, sorted = true }

local function fault(text)
  io.stderr:write("fault: ", text, "\n", debug.traceback(), "\n")
  os.exit(3)
end

local function make_item(track, given)
  local item = { kind = "item", track = track, from = given.from, to = given.to, loop = given.loop,
    period = given.period or given.to - given.from, selected = given.selected, audio = given.audio, made = given.made }
  item.take = { kind = "take", item = item, name = "", notes = {}, controls = {} }
  for _, note in ipairs(given.notes or {}) do table.insert(item.take.notes, note) end
  table.insert(track.items, item)
  return item
end

for index, track in ipairs(scene.tracks) do
  scene.tracks[index] = { kind = "track", name = track.name, items = {}, selected = track.selected }
  for _, item in ipairs(track.items) do make_item(scene.tracks[index], item) end
end

local function selected_items()
  local found = {}
  for _, track in ipairs(scene.tracks) do
    for _, item in ipairs(track.items) do if item.selected then found[#found + 1] = item end end
  end
  return found
end

local function whole(number, low, high, what)
  if math.type(number) ~= "integer" or number < low or number > high then fault(what .. " is " .. tostring(number)) end
  return number
end

local function shell(line)
  local program = line:match('^"([^"]+)"')
  local input = io.open(program, "rb")
  if not input then return nil end
  input:close()
  local pipe = io.popen(line .. " 2>&1")
  local output = pipe:read("a")
  local _, _, code = pipe:close()
  return code .. "\n" .. output
end

local api = {
  MB = { "ssn", function(text) state.said[#state.said + 1] = text return 1 end },
  GetExtState = { "ss", function(_, key) return state.ext[key] or "" end },
  SetExtState = { "sssb", function(_, key, text) state.ext[key] = text end },
  DeleteExtState = { "ssb", function(_, key) state.ext[key] = nil end },
  GetUserInputs = { "snss", function(_, count, _, given)
    local answer = table.remove(scene.inputs, 1)
    if answer == nil then fault("nobody is there to answer") end
    return answer ~= false, answer or given
  end },
  ExecProcess = { "sn", function(line) return shell(line) end },
  GetResourcePath = { "", function() return scene.resources end },
  time_precise = { "", function() return os.clock() end },
  RecursiveCreateDirectory = { "sn", function(path) os.execute('mkdir -p "' .. path .. '"') return 1 end },
  GetActiveTake = { "i", function(item) return item.take end },
  TakeIsMIDI = { "t", function(take) return not take.item.audio end },
  GetMediaItem_Track = { "i", function(item) return item.track end },
  GetMediaItemTake_Source = { "t", function(take) return { kind = "source", item = take.item } end },
  GetMediaSourceLength = { "o", function(source) return source.item.period, true end },
  GetMediaItemInfo_Value = { "is", function(item, name)
    local values = { D_POSITION = item.from * second, D_LENGTH = (item.to - item.from) * second, B_LOOPSRC = item.loop and 1.0 or 0.0 }
    return values[name] or fault("no value " .. name)
  end },
  TimeMap2_timeToQN = { "nn", function(_, time) return time / second end },
  TimeMap2_QNToTime = { "nn", function(_, beat) return beat * second end },
  TimeMap_QNToMeasures = { "nn", function(_, beat)
    local number = beat // bar
    return math.floor(number) + 1, number * bar, (number + 1) * bar
  end },
  TimeMap_GetTimeSigAtTime = { "nn", function() return scene.beats, scene.unit, scene.bpm end },
  GetTrackName = { "k", function(track) return true, track.name end },
  CountTrackMediaItems = { "k", function(track) return #track.items end },
  GetTrackMediaItem = { "kn", function(track, index) return track.items[index + 1] end },
  CountTracks = { "n", function() return #scene.tracks end },
  GetTrack = { "nn", function(_, index) return scene.tracks[index + 1] end },
  InsertTrackAtIndex = { "nb", function(index)
    table.insert(scene.tracks, index + 1, { kind = "track", name = "", items = {}, made = true })
  end },
  GetSetMediaTrackInfo_String = { "kssb", function(track, what, text, set)
    if what ~= "P_NAME" or not set then fault("GetSetMediaTrackInfo_String " .. what) end
    track.name = text
    return true, text
  end },
  GetSetMediaItemTakeInfo_String = { "tssb", function(take, what, text, set)
    if what ~= "P_NAME" or not set then fault("GetSetMediaItemTakeInfo_String " .. what) end
    take.name = text
    return true, text
  end },
  CountSelectedMediaItems = { "n", function() return #selected_items() end },
  GetSelectedMediaItem = { "nn", function(_, index) return selected_items()[index + 1] end },
  GetSelectedTrack = { "nn", function()
    for _, track in ipairs(scene.tracks) do if track.selected then return track end end
    return nil
  end },
  GetCursorPosition = { "", function() return scene.cursor * second end },
  MIDI_CountEvts = { "t", function(take) return 1, #take.notes, #take.controls, 0 end },
  MIDI_GetNote = { "tn", function(take, index)
    local note = take.notes[index + 1]
    local from, to = note[1] - take.item.from, note[2] - take.item.from
    return true, false, note[6] or false, from * TICKS, to * TICKS, note[5], note[3], note[4]
  end },
  MIDI_GetProjQNFromPPQPos = { "tn", function(take, ppq) return take.item.from + ppq / TICKS end },
  MIDI_GetPPQPosFromProjQN = { "tn", function(take, beat) return (beat - take.item.from) * TICKS end },
  CreateNewMIDIItemInProj = { "knnb", function(track, from, to, quarters)
    if not quarters then fault("seconds are not expected here") end
    if state.blocks ~= 1 then fault("outside an undo block") end
    return make_item(track, { from = from, to = to, made = true })
  end },
  MIDI_InsertNote = { "tbbnnnnnb", function(take, _, _, from, to, channel, pitch, velocity, unsorted)
    whole(channel, 0, 15, "channel")
    whole(pitch, 0, 127, "pitch")
    whole(velocity, 1, 127, "velocity")
    if not (to > from) then fault("a note without a length") end
    state.sorted = not unsorted and state.sorted
    table.insert(take.notes, { take.item.from + from / TICKS, take.item.from + to / TICKS, pitch, velocity, channel })
    return true
  end },
  MIDI_InsertCC = { "tbbnnnnn", function(take, _, _, when, kind, channel, first, second_byte)
    if kind ~= 0xb0 and kind ~= 0xe0 then fault("message " .. tostring(kind)) end
    table.insert(take.controls, { take.item.from + when / TICKS, kind, whole(channel, 0, 15, "channel"),
      whole(first, 0, 127, "byte"), whole(second_byte, 0, 127, "byte") })
    return true
  end },
  MIDI_Sort = { "t", function() state.sorted = true end },
  Undo_BeginBlock = { "", function() state.blocks = state.blocks + 1 end },
  Undo_EndBlock = { "sn", function(name) state.blocks = state.blocks - 1 state.undo[#state.undo + 1] = name end },
  PreventUIRefresh = { "n", function(by) state.refresh = state.refresh + by end },
  UpdateArrange = { "", function() end },
}

local KINDS = { s = "string", n = "number", b = "boolean", i = "item", t = "take", k = "track", o = "source" }

local function checked(name, kinds, work)
  return function(...)
    local given = table.pack(...)
    if given.n ~= #kinds then fault(name .. " takes " .. #kinds .. " arguments, not " .. given.n) end
    for index = 1, #kinds do
      local kind, value = KINDS[kinds:sub(index, index)], given[index]
      local is = type(value) == "table" and value.kind or type(value)
      if is ~= kind then fault(name .. ": argument " .. index .. " is " .. is) end
    end
    return work(...)
  end
end

reaper = setmetatable({}, {
  __index = function(_, name)
    local known = api[name]
    if not known then fault("reaper." .. tostring(name) .. " is not in the API as far as it is known here") end
    return checked(name, known[1], known[2])
  end,
})
gfx = { init = function() end, quit = function() end, showmenu = function(text) state.menu = text return scene.menu or 0 end }

local function json(value)
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(sign) return string.format("\\u%04x", sign:byte()) end) .. '"'
  elseif type(value) ~= "table" then
    return tostring(value)
  end
  local parts = {}
  if #value > 0 or next(value) == nil then
    for _, item in ipairs(value) do parts[#parts + 1] = json(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, item in pairs(value) do parts[#parts + 1] = json(key) .. ":" .. json(item) end
  return "{" .. table.concat(parts, ",") .. "}"
end

dofile(arg[2])
if state.blocks ~= 0 or state.refresh ~= 0 then fault("an undo block or the refresh is left open") end
if not state.sorted then fault("notes were left unsorted") end
local tracks = {}
for _, track in ipairs(scene.tracks) do
  local items = {}
  for _, item in ipairs(track.items) do
    items[#items + 1] = { from = item.from, to = item.to, name = item.take.name, made = item.made or false,
      notes = item.take.notes, controls = item.take.controls }
  end
  tracks[#tracks + 1] = { name = track.name, made = track.made or false, items = items }
end
print(json({ tracks = tracks, said = state.said, undo = state.undo, menu = state.menu or "" }))
