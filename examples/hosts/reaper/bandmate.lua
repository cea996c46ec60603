-- What Bandmate's two REAPER actions share: the command line, MIDI files, tracks and items.
-- Put it beside Bandmate_answer.lua and Bandmate_insert_take.lua; docs/reaper.md tells how to install them.
--
-- Tried: in Lua 5.4, against a stand-in of REAPER's API, with the real command line (tests/test_host_reaper.py).
-- Not tried: in REAPER itself.

local bandmate = {}

local PPQ = 960
local PATIENCE = 180000 -- ms for an answer; REAPER stands still meanwhile
local EPSILON = 1e-6 -- beats

function bandmate.say(text)
  reaper.MB(text, "Bandmate", 0)
end

-- The command line ----------------------------------------------------------------------------------------------------

local function program()
  local kept = reaper.GetExtState("Bandmate", "program")
  if kept ~= "" then return kept end
  local fine, given = reaper.GetUserInputs("Bandmate", 1, "Path of the program bandmate,extrawidth=240", "bandmate")
  if not fine then return nil end
  reaper.SetExtState("Bandmate", "program", given, true)
  return given
end

-- Runs `bandmate WORDS`; what it prints, or nil after telling the user why not.
function bandmate.run(words, flags)
  local path = program()
  if not path then return nil end
  local line = '"' .. path .. '"'
  for _, word in ipairs(words) do line = line .. ' "' .. word .. '"' end
  if flags and flags ~= "" then line = line .. " " .. flags end
  local said = reaper.ExecProcess(line, PATIENCE)
  if not said then
    reaper.DeleteExtState("Bandmate", "program", true)
    bandmate.say(path .. " cannot be run. Start the action again and give the whole path of bandmate.")
    return nil
  end
  local code, output = said:match("^(%-?%d+)\r?\n?(.*)$")
  if tonumber(code) == 0 then return output end
  if tonumber(code) == 127 then reaper.DeleteExtState("Bandmate", "program", true) end
  bandmate.say(output:match("bandmate: [^\r\n]*") or (path .. " ended with " .. tostring(code)))
  return nil
end

-- A new folder for the files of one request.
function bandmate.folder()
  local name = string.format("%s/Bandmate/%s-%d", reaper.GetResourcePath(), os.date("%Y%m%d-%H%M%S"),
    math.floor(reaper.time_precise() * 1000) % 100000)
  reaper.RecursiveCreateDirectory(name, 0)
  return name
end

-- The files that a command says it wrote, in order.
function bandmate.midi_files(output)
  local files = {}
  for line in output:gmatch("[^\r\n]+") do
    local file = line:match("^%s*(.+%.mid)%s*$")
    if file then files[#files + 1] = file end
  end
  return files
end

-- MIDI files ----------------------------------------------------------------------------------------------------------

local function variable(number)
  local bytes = string.char(number & 127)
  number = number >> 7
  while number > 0 do
    bytes = string.char(128 | (number & 127)) .. bytes
    number = number >> 7
  end
  return bytes
end

local function track_chunk(events, length)
  table.sort(events, function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[3] < b[3]) end)
  local data, now = {}, 0
  for number, event in ipairs(events) do
    data[number] = variable(event[1] - now) .. event[2]
    now = event[1]
  end
  data[#data + 1] = variable(math.max(0, length - now)) .. "\xff\x2f\x00"
  return "MTrk" .. string.pack(">s4", table.concat(data))
end

-- Writes a phrase (notes, beats, bpm, beats_per_bar, unit, name) as a MIDI file of one track.
function bandmate.write_midi(file, phrase)
  local length, events = math.floor(phrase.beats * PPQ + 0.5), {}
  local tempo = string.pack(">I4", math.floor(60000000 / phrase.bpm + 0.5)):sub(2)
  local unit = math.floor(math.log(phrase.unit, 2) + 0.5)
  events[1] = { 0, "\xff\x03" .. variable(#phrase.name) .. phrase.name, 0 }
  events[2] = { 0, "\xff\x51\x03" .. tempo, 1 }
  events[3] = { 0, "\xff\x58\x04" .. string.char(phrase.beats_per_bar, unit, 24, 8), 2 }
  for _, note in ipairs(phrase.notes) do
    local from = math.floor(note.start * PPQ + 0.5)
    local to = math.max(from + 1, math.floor((note.start + note.length) * PPQ + 0.5))
    events[#events + 1] = { from, string.char(0x90 | note.channel, note.pitch, note.velocity), 4 }
    events[#events + 1] = { to, string.char(0x80 | note.channel, note.pitch, 64), 3 }
  end
  local out, why = io.open(file, "wb")
  if not out then return nil, why end
  out:write("MThd", string.pack(">I4I2I2I2", 6, 0, 1, PPQ), track_chunk(events, length))
  out:close()
  return true
end

local function read_variable(data, at)
  local number = 0
  repeat
    local byte = data:byte(at)
    number, at = (number << 7) | (byte & 127), at + 1
  until byte < 128
  return number, at
end

local function read_track(data, at, finish, ppq)
  local part, now, status, open = { name = "", notes = {}, controls = {} }, 0, 0, {}
  while at < finish do
    local delta
    delta, at = read_variable(data, at)
    now = now + delta / ppq
    local byte = data:byte(at)
    if byte >= 0x80 then status, at = byte, at + 1 end
    if status == 0xff or status == 0xf0 or status == 0xf7 then
      local kind = status == 0xff and data:byte(at)
      local length
      length, at = read_variable(data, status == 0xff and at + 1 or at)
      if kind == 3 then part.name = data:sub(at, at + length - 1) end
      at = at + length
    else
      local kind, channel, first = status & 0xf0, status & 15, data:byte(at)
      local second = (kind == 0xc0 or kind == 0xd0) and 0 or data:byte(at + 1)
      at = at + ((kind == 0xc0 or kind == 0xd0) and 1 or 2)
      part.channel = channel
      local key = channel * 128 + first
      if kind == 0x90 and second > 0 then
        open[key] = open[key] or {}
        table.insert(open[key], { start = now, pitch = first, velocity = second, channel = channel })
      elseif (kind == 0x80 or kind == 0x90) and open[key] and #open[key] > 0 then
        local note = table.remove(open[key], 1)
        note.length = now - note.start
        part.notes[#part.notes + 1] = note
      elseif kind == 0xb0 or kind == 0xe0 then
        part.controls[#part.controls + 1] = { beat = now, kind = kind, channel = channel, first = first, second = second }
      end
    end
  end
  return part, now
end

-- Reads a MIDI file: its parts that have notes, and its length in beats. nil and a sentence where it cannot.
function bandmate.read_midi(file)
  local input, why = io.open(file, "rb")
  if not input then return nil, why end
  local data = input:read("a")
  input:close()
  if data:sub(1, 4) ~= "MThd" then return nil, file .. " is no MIDI file" end
  local ppq, at, score = string.unpack(">I2", data, 13), 9 + string.unpack(">I4", data, 5), { parts = {}, beats = 0 }
  while at + 8 <= #data do
    local length = string.unpack(">I4", data, at + 4)
    if data:sub(at, at + 3) == "MTrk" then
      local part, beats = read_track(data, at + 8, at + 8 + length, ppq)
      score.beats = math.max(score.beats, beats)
      if #part.notes > 0 then score.parts[#score.parts + 1] = part end
    end
    at = at + 8 + length
  end
  return score
end

-- The project ---------------------------------------------------------------------------------------------------------

-- The phrase that an item sounds, from the bar line at or before its start, looped as the item is; nil and why.
function bandmate.phrase_of(item)
  local take = reaper.GetActiveTake(item)
  if not take or not reaper.TakeIsMIDI(take) then return nil, "select a MIDI item" end
  local position = reaper.GetMediaItemInfo_Value(item, "D_POSITION")
  local first = reaper.TimeMap2_timeToQN(0, position)
  local last = reaper.TimeMap2_timeToQN(0, position + reaper.GetMediaItemInfo_Value(item, "D_LENGTH"))
  local _, bar = reaper.TimeMap_QNToMeasures(0, first + EPSILON)
  local count, unit = reaper.TimeMap_GetTimeSigAtTime(0, position)
  local second = reaper.TimeMap2_QNToTime(0, bar + 1) - reaper.TimeMap2_QNToTime(0, bar)
  local phrase = { notes = {}, beats = last - bar, bpm = 60 / second, beats_per_bar = count, unit = unit, origin = bar }
  local _, name = reaper.GetTrackName(reaper.GetMediaItem_Track(item))
  phrase.name = name
  local looped, period = reaper.GetMediaItemInfo_Value(item, "B_LOOPSRC") > 0, 0
  if looped then period = reaper.GetMediaSourceLength(reaper.GetMediaItemTake_Source(take)) end
  local _, notes = reaper.MIDI_CountEvts(take)
  for index = 0, notes - 1 do
    local _, _, muted, from, to, channel, pitch, velocity = reaper.MIDI_GetNote(take, index)
    local start = reaper.MIDI_GetProjQNFromPPQPos(take, from)
    local length = reaper.MIDI_GetProjQNFromPPQPos(take, to) - start
    while not muted and start < last - EPSILON do
      if start >= first - EPSILON then
        table.insert(phrase.notes, { start = start - bar, length = math.min(length, last - start), channel = channel,
          pitch = pitch, velocity = velocity })
      end
      if period <= 0 then break end
      start = start + period
    end
  end
  if #phrase.notes == 0 then return nil, "the item has no notes that sound" end
  return phrase
end

local function is_free(track, from, to)
  for index = 0, reaper.CountTrackMediaItems(track) - 1 do
    local item = reaper.GetTrackMediaItem(track, index)
    local start = reaper.GetMediaItemInfo_Value(item, "D_POSITION")
    if start < to - EPSILON and start + reaper.GetMediaItemInfo_Value(item, "D_LENGTH") > from + EPSILON then return false end
  end
  return true
end

-- A track for a part that has nothing from `from` to `to` (seconds): `wanted`, one of its name, or a new one.
local function track_for(name, wanted, from, to)
  if wanted and is_free(wanted, from, to) then return wanted end
  for index = 0, reaper.CountTracks(0) - 1 do
    local track = reaper.GetTrack(0, index)
    local _, called = reaper.GetTrackName(track)
    if called == name and is_free(track, from, to) then return track end
  end
  local index = reaper.CountTracks(0)
  reaper.InsertTrackAtIndex(index, true)
  local track = reaper.GetTrack(0, index)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", name, true)
  return track
end

-- Puts a score into the project from quarter note `origin` on, an item a part; never over another item.
function bandmate.insert(score, origin, title, own)
  reaper.Undo_BeginBlock()
  reaper.PreventUIRefresh(1)
  local from, to = reaper.TimeMap2_QNToTime(0, origin), reaper.TimeMap2_QNToTime(0, origin + score.beats)
  for number, part in ipairs(score.parts) do
    local usual = part.channel == 9 and "Drums" or "Part " .. number
    local name = "Bandmate " .. (part.name ~= "" and part.name or usual)
    local track = track_for(name, #score.parts == 1 and own or nil, from, to)
    local item = reaper.CreateNewMIDIItemInProj(track, origin, origin + score.beats, true)
    local take = reaper.GetActiveTake(item)
    reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", title, true)
    for _, note in ipairs(part.notes) do
      local start = reaper.MIDI_GetPPQPosFromProjQN(take, origin + note.start)
      local finish = reaper.MIDI_GetPPQPosFromProjQN(take, origin + note.start + note.length)
      reaper.MIDI_InsertNote(take, false, false, start, finish, note.channel, note.pitch, note.velocity, true)
    end
    for _, control in ipairs(part.controls) do
      local when = reaper.MIDI_GetPPQPosFromProjQN(take, origin + control.beat)
      reaper.MIDI_InsertCC(take, false, false, when, control.kind, control.channel, control.first, control.second)
    end
    reaper.MIDI_Sort(take)
  end
  reaper.PreventUIRefresh(-1)
  reaper.UpdateArrange()
  reaper.Undo_EndBlock("Bandmate: " .. title, -1)
end

return bandmate
