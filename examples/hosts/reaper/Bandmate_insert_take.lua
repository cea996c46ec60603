-- Bandmate: put a take of the library at the edit cursor, an item a part.
-- Tried: see bandmate.lua. Not tried: in REAPER itself.

local here = debug.getinfo(1, "S").source:match("^@(.*)[/\\][^/\\]*$") or "."
local bandmate = dofile(here .. "/bandmate.lua")

local function choose()
  local output = bandmate.run({ "takes", "list", "-n", "30" })
  if not output then return nil end
  local takes, menu = {}, {}
  for line in output:gmatch("[^\r\n]+") do
    local id = line:match("^(%w+)%s+%d%d%d%d%-%d%d%-%d%d")
    if id then
      takes[#takes + 1] = id
      menu[#menu + 1] = (line:gsub("^%w+%s+", ""):gsub("|", "/"):gsub("^[#!<>]", " %0"))
    end
  end
  if #takes == 0 then
    bandmate.say("The library has no takes yet.")
    return nil
  end
  gfx.init("Bandmate", 0, 0)
  gfx.x, gfx.y = 0, 0
  local chosen = gfx.showmenu(table.concat(menu, "|"))
  gfx.quit()
  return takes[chosen], menu[chosen]
end

local function insert()
  local take, title = choose()
  if not take then return end
  local folder = bandmate.folder()
  local output = bandmate.run({ "takes", "export", take, "-o", folder, "--name", "take" })
  if not output then return end
  local score, why = bandmate.read_midi(folder .. "/take.mid")
  if not score then return bandmate.say(why) end
  bandmate.insert(score, reaper.TimeMap2_timeToQN(0, reaper.GetCursorPosition()), title, reaper.GetSelectedTrack(0, 0))
end

insert()
