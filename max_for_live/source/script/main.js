// What Max calls: one function for each message of the patch (device.json), and nothing of the Live API outside them.

inlets = 1;
outlets = 4;

if (jsarguments.length > 2) {
    TABLE.stamp = "build " + jsarguments[2]; // the patch's own, which its layout counts into too
}

var device = new Device(jsarguments[1] === "part" ? "part" : "main", String(jsarguments[2] || ""));

function words(list) {
    return Array.prototype.slice.call(list, 0);
}

function bang() {
    if (!device.ready) {
        device.begin();
    }
}

function active(on) {
    device.active(on === 1);
}

function parameter(varname, value) {
    device.parameter(varname, value);
}

function button(name) {
    device.button(name);
}

function menu(name, index) {
    device.targets.choose(name, index);
}

function saved() {
    device.targets.load(words(arguments));
    device.stale = true;
}

function drum_table() {
    device.shelf.table = words(arguments);
}

function osc() {
    var atoms = words(arguments);
    device.heard(String(atoms[0]), atoms.slice(1));
}

function played(beat, ms, pitch, velocity, channel) {
    device.note(beat, ms, pitch, velocity, channel);
}

function moved(what) {
    device.moved(what);
}

function notifydeleted() {
    device.end();
}
