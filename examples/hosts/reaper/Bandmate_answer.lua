-- Bandmate: continue, vary, accompany ... the selected MIDI item. The answer goes where it belongs in time: on the
-- item's own track if it is one part and there is room, else on tracks called Bandmate and the part's name.
-- Tried: see bandmate.lua. Not tried: in REAPER itself.

local here = debug.getinfo(1, "S").source:match("^@(.*)[/\\][^/\\]*$") or "."
local bandmate = dofile(here .. "/bandmate.lua")

local TASKS = { continue = true, vary = true, harmonise = true, drumify = true, accompany = true, humanise = true,
  restyle = true }

local function answer()
  if reaper.CountSelectedMediaItems(0) ~= 1 then return bandmate.say("Select one MIDI item.") end
  local item = reaper.GetSelectedMediaItem(0, 0)
  local phrase, why = bandmate.phrase_of(item)
  if not phrase then return bandmate.say(why) end
  local kept = reaper.GetExtState("Bandmate", "asked")
  local fine, given = reaper.GetUserInputs("Bandmate", 3, "What,Bars,More flags,extrawidth=160,separator=\n",
    kept ~= "" and kept or "continue\n4\n")
  if not fine then return end
  local task, bars, flags = given:match("^%s*(%a+)%s*\n%s*(%d*)%s*\n(.*)$")
  if not TASKS[task or ""] then return bandmate.say("What is one of continue, vary, harmonise, drumify, accompany, humanise, restyle.") end
  reaper.SetExtState("Bandmate", "asked", given, true)
  local folder = bandmate.folder()
  local written, refused = bandmate.write_midi(folder .. "/phrase.mid", phrase)
  if not written then return bandmate.say(refused) end
  local words = { task, folder .. "/phrase.mid", "-o", folder, "--no-audio", "--no-roll" }
  if bars ~= "" then words[#words + 1], words[#words + 2] = "--bars", bars end
  local output = bandmate.run(words, flags)
  if not output then return end
  local files = bandmate.midi_files(output)
  for index, file in ipairs(files) do
    if not file:match(" with phrase%.mid$") then
      local score, trouble = bandmate.read_midi(file)
      if not score then return bandmate.say(trouble) end
      local whole = files[index + 1] and files[index + 1]:match(" with phrase%.mid$") and bandmate.read_midi(files[index + 1])
      local after = whole and math.max(0, whole.beats - score.beats) or 0
      bandmate.insert(score, phrase.origin + after, phrase.name .. " " .. task, reaper.GetMediaItem_Track(item))
    end
  end
end

answer()
