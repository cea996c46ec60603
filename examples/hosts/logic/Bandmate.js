// Bandmate in Logic Pro (and MainStage): a script for the MIDI plug-in Scripter. docs/logic.md tells the routing.
//
// "I play": on the track whose notes go to Bandmate In. While Logic plays it presses Bandmate's footswitch at the end
// of your bars, again and again: so many bars are yours, so many are Bandmate's, in Logic's bars.
// "Bandmate plays": on a track that is fed by Bandmate Out. Lets one part of the band through, and ends what sounds
// when Logic stops.
//
// Tried: in node, against a stand-in of Scripter (tests/test_host_logic.py). Not tried: in Logic itself.

var NeedsTimingInfo = true;

var PRESS = 80; // the controller of Bandmate's footswitch (its setting footswitch_cc)
var EARLY = 0.25; // beats before the bar line at which it is pressed

var PluginParameters = [
    { name: "This track", type: "menu", valueStrings: ["I play", "Bandmate plays"], defaultValue: 0 },
    { name: "My bars", type: "lin", minValue: 1, maxValue: 16, numberOfSteps: 15, defaultValue: 4 },
    { name: "Bandmate's bars", type: "lin", minValue: 1, maxValue: 16, numberOfSteps: 15, defaultValue: 4 },
    { name: "Part", type: "menu", valueStrings: ["All", "Drums (channel 10)", "All but drums"], defaultValue: 0 }
];

var sounding = {}; // notes that were let through, by channel and pitch
var wasPlaying = false;

function HandleMIDI(event) {
    if (GetParameter("This track") === 0) {
        event.send();
    } else if (isWanted(event)) {
        remember(event);
        event.send();
    }
}

function ProcessMIDI() {
    var now = GetTimingInfo();
    if (wasPlaying && !now.playing) { endNotes(); }
    wasPlaying = now.playing;
    if (now.playing && GetParameter("This track") === 0) { press(now); }
}

function Reset() {
    endNotes();
}

// Sends the footswitch where this block of time has the end of the player's bars. Scripter counts beats from 1.
function press(now) {
    var bar = now.meterNumerator * 4 / now.meterDenominator;
    var mine = GetParameter("My bars") * bar, round = mine + GetParameter("Bandmate's bars") * bar;
    var first = Math.ceil((now.blockStartBeat - 1 + EARLY - mine) / round);
    var beat = 1 + mine - EARLY + Math.max(0, first) * round;
    if (beat < now.blockEndBeat) {
        send(127, beat);
        send(0, beat + EARLY / 2);
    }
}

function send(value, beat) {
    var control = new ControlChange();
    control.number = PRESS;
    control.value = value;
    control.sendAtBeat(beat);
}

function isWanted(event) {
    var part = GetParameter("Part");
    return part === 0 || (event.channel === 10) === (part === 1);
}

function remember(event) {
    var key = event.channel + ":" + event.pitch;
    if (event instanceof NoteOn && event.velocity > 0) {
        sounding[key] = event;
    } else if (event instanceof NoteOn || event instanceof NoteOff) {
        delete sounding[key];
    }
}

function endNotes() {
    for (var key in sounding) {
        var off = new NoteOff(sounding[key]);
        off.send();
    }
    sounding = {};
}
