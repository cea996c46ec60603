// Bandmate in Bitwig Studio, from its API version 15 (4.2) on: asks a running `bandmate serve` about the selected
// launcher clip and writes what it answers into the next empty slots of the same track. docs/bitwig.md tells how to
// install it.
//
// Tried: in node, against a fake of this API, with the real daemon (tests/test_host_bitwig.py).
// Not tried: in Bitwig Studio itself.

loadAPI(15);
host.setShouldFailOnDeprecatedUse(true);
host.defineController("Bandmate", "Bandmate", "0.1", "6b8f1b5e-3f0c-4a61-9a55-0c2d5c3d7a10", "Bandmate");
host.defineMidiPorts(0, 0);

var DAEMON = 7400; // the UDP port of `bandmate serve`
var OURS = 7411; // the UDP port that its answers come to
var STEPS = 48; // a beat: the finest onsets that Bandmate writes
var LONGEST = 32; // beats of a clip that are read and written
var SCENES = 64; // slots that are looked at, from the first scene on
var TICK = 50; // ms
var REASK = 10; // ticks without an answer before a message is sent again
var GIVE_UP = 20; // times that it is sent again
var SETTLE = 60; // ticks that Bitwig has to make and show a clip
var CHUNK = 16; // notes of a chunk: at most 40, and a method takes only so many arguments
var NOBODY = "Bandmate does not answer: start it with `bandmate serve`";
var TASKS = ["Continue", "Vary", "Harmonise", "Drumify", "Accompany", "Humanise", "Generate"];
var ROLES = ["drums", "bass", "chords", "guitar", "strings", "melody"];
var WORDS = { drum: "drums", beat: "drums", perc: "drums", bass: "bass", guitar: "guitar", gtr: "guitar",
    string: "strings", pad: "strings", chord: "chords", keys: "chords", piano: "chords" };

var track, slots, clip, transport, wishes, band, daemon, job;
var heard = {}; // the notes that the cursor clip shows, by "channel:x:y"

function init() {
    track = host.createCursorTrack("bandmate", "Bandmate", 0, SCENES, true);
    track.name().markInterested();
    track.position().markInterested();
    slots = track.clipLauncherSlotBank();
    for (var i = 0; i < SCENES; i++) {
        slots.getItemAt(i).hasContent().markInterested();
        slots.getItemAt(i).isSelected().markInterested();
        slots.getItemAt(i).sceneIndex().markInterested();
    }
    clip = track.createLauncherCursorClip("bandmate-clip", "Bandmate", STEPS * LONGEST, 128);
    clip.setStepSize(1 / STEPS);
    clip.exists().markInterested();
    clip.clipLauncherSlot().sceneIndex().markInterested();
    [clip.getPlayStart(), clip.getPlayStop(), clip.getLoopStart(), clip.getLoopLength(), clip.isLoopEnabled()].forEach(
        function (value) { value.markInterested(); });
    clip.addNoteStepObserver(remember);
    transport = host.createTransport();
    wishes = makeWishes(host.getDocumentState());
    band = new Band(host.getDocumentState());
    daemon = new Daemon(DAEMON, OURS);
    host.scheduleTask(tick, TICK);
}

function exit() {
    daemon.send("bye", [daemon.next()]);
}

function flush() {}

function tick() {
    daemon.tick();
    if (job) { job.tick(); }
    band.tick();
    host.scheduleTask(tick, TICK);
}

function tell(text) {
    host.println("Bandmate: " + text);
    host.showPopupNotification("Bandmate: " + text);
}

// What is asked for: settings of the document, in the panel of the studio's I/O.

function makeWishes(settings) {
    var made = {
        bars: settings.getNumberSetting("Bars", "Answer", 1, 8, 1, "bars", 4),
        takes: settings.getNumberSetting("Takes", "Answer", 1, 8, 1, "", 1),
        creativity: settings.getNumberSetting("Creativity", "Answer", 0, 1, 0.01, "", 0.5),
        part: settings.getEnumSetting("The clip is", "Answer", ["by name"].concat(ROLES), "by name")
    };
    for (var name in made) { made[name].markInterested(); }
    TASKS.forEach(function (task) {
        settings.getSignalSetting(task, "Do", task).addSignalObserver(function () { ask(task.toLowerCase()); });
    });
    settings.getSignalSetting("Cancel", "Do", "Cancel").addSignalObserver(cancel);
    return made;
}

function ask(task) {
    if (!daemon.connected) { return tell(NOBODY); }
    if (job) { return tell("still writing; Cancel stops it"); }
    var phrase = task === "generate" ? null : readClip();
    if (phrase && !phrase.notes.length) { return tell("select a launcher clip that has notes"); }
    job = new Job(task, phrase);
}

function cancel() {
    if (job) { job.cancel(); }
}

// The selected clip, as it sounds: from the loop's or the play start, muted notes left out.

function remember(step) {
    var key = step.channel() + ":" + step.x() + ":" + step.y();
    if (String(step.state()) === "NoteOn") { heard[key] = step; } else { delete heard[key]; }
}

function readClip() {
    var from = clip.getPlayStart().get(), to = clip.getPlayStop().get(), notes = [];
    if (clip.isLoopEnabled().get()) {
        from = clip.getLoopStart().get();
        to = from + clip.getLoopLength().get();
    }
    to = Math.min(to, from + LONGEST, LONGEST);
    for (var key in heard) {
        var step = heard[key], start = step.x() / STEPS;
        if (step.isMuted() || start < from || start >= to) { continue; }
        var length = Math.max(1 / STEPS, Math.min(step.duration(), to - start));
        notes.push([0, start - from, length, step.y(), Math.max(1, Math.min(127, Math.round(step.velocity() * 127)))]);
    }
    notes.sort(function (a, b) { return a[1] - b[1] || a[3] - b[3]; });
    return { notes: notes, beats: to - from, role: roleOfClip() };
}

function roleOfClip() {
    var chosen = wishes.part.get(), name = track.name().get().toLowerCase();
    if (chosen !== "by name") { return chosen; }
    for (var word in WORDS) { if (name.indexOf(word) >= 0) { return WORDS[word]; } }
    return "melody";
}

// A request from the clip to the slots: upload, ask, fetch each take, write it where nothing is.

function Job(task, phrase) {
    this.task = task;
    this.takes = [];
    this.seen = {};
    this.clips = [];
    this.place = track.position().get();
    this.after = selectedSlot();
    if (phrase) {
        this.upload = new Upload(phrase, this);
    } else {
        this.begin(0);
    }
}

Job.prototype.begin = function (list) {
    var creativity = Math.round(wishes.creativity.getRaw() * 100) / 100;
    var words = ["bars", Math.round(wishes.bars.getRaw()), "takes", Math.round(wishes.takes.getRaw())];
    if (this.task === "vary") { words.push("creativity", creativity); }
    this.upload = null;
    this.request = daemon.ask(this.task, (this.task === "generate" ? [] : [list]).concat(words), this);
    tell(this.task + " ...");
};

Job.prototype.cancel = function () {
    if (this.request) { daemon.ask("cancel", [this.request], null); }
    this.end("cancelled");
};

Job.prototype.end = function (why) {
    if (job === this) { job = null; }
    daemon.forget();
    tell(why);
};

Job.prototype.hear = function (name, atoms) {
    if (name === "take") {
        if (!this.seen[atoms[1]]) { this.takes.push({ id: atoms[1], number: atoms[2], name: atoms[6] + " " + atoms[2] }); }
        this.seen[atoms[1]] = true;
    } else if (name === "refused") {
        this.end(atoms[2]);
    } else if (name === "done") {
        if (count(this.seen) < atoms[1]) { return true; } // a take's message was lost
        this.takes.sort(function (a, b) { return a.number - b.number; });
        this.fetch();
    }
    return false;
};

Job.prototype.fetch = function () {
    if (!this.takes.length) {
        this.ready = true;
        return;
    }
    var take = this.takes.shift(), self = this;
    this.download = new Download(take.id, function (list) {
        self.download = null;
        list.parts.forEach(function (role, index) {
            var notes = list.notes.filter(function (note) { return note[0] === index; });
            self.clips.push({ name: take.name + (list.parts.length > 1 ? " " + role : ""), notes: notes, beats: list.beats });
        });
        self.fetch();
    }, function (why) { self.end(why); });
};

Job.prototype.tick = function () {
    if (this.upload) { this.upload.tick(); }
    if (this.download) { this.download.tick(); }
    if (!this.ready || job !== this) { return; }
    if (this.place !== track.position().get()) { return this.end("another track was selected: the rest is in the library"); }
    if (this.writing) { return this.write(); }
    if (!this.clips.length) { return this.end("done"); }
    var slot = emptySlotAfter(this.after);
    if (slot < 0) { return this.end("no empty slot below: the rest is in the library"); }
    this.after = slot;
    this.writing = this.clips.shift();
    this.waited = 0;
    slots.getItemAt(slot).createEmptyClip(Math.ceil(this.writing.beats));
    slots.getItemAt(slot).select();
};

Job.prototype.write = function () {
    var slot = slots.getItemAt(this.after), scene = slot.sceneIndex().get();
    var shown = clip.exists().get() && clip.clipLauncherSlot().sceneIndex().get() === scene;
    if (!(shown && slot.hasContent().get() && slot.isSelected().get() && isEmpty(heard))) {
        if (++this.waited > SETTLE) { this.end("Bitwig does not show the new clip: the take is in the library"); }
        return;
    }
    this.writing.notes.forEach(function (note) {
        var x = Math.round(note[1] * STEPS);
        if (x < STEPS * LONGEST) { clip.setStep(0, x, note[3], note[4], note[2]); }
    });
    clip.getLoopLength().set(this.writing.beats);
    clip.setName(this.writing.name);
    this.writing = null;
};

function selectedSlot() {
    for (var i = SCENES - 1; i >= 0; i--) { if (slots.getItemAt(i).isSelected().get()) { return i; } }
    return -1;
}

function emptySlotAfter(first) {
    for (var i = first + 1; i < SCENES; i++) { if (!slots.getItemAt(i).hasContent().get()) { return i; } }
    return -1;
}

function isEmpty(table) {
    for (var key in table) { return false; }
    return true;
}

// The daemon: one UDP connection out, one server in, both made in init as Bitwig wants it.

function Daemon(port, ours) {
    var osc = host.getOscModule(), space = osc.createAddressSpace(), self = this;
    space.setName("Bandmate");
    space.setShouldLogMessages(false);
    space.registerDefaultMethod(function (source, message) { self.hear(message); });
    osc.createUdpServer(ours, space);
    this.connection = osc.connectToUdpServer("127.0.0.1", port, osc.createAddressSpace());
    this.ours = ours;
    this.connected = false;
    this.id = Math.floor(Math.random() * 8000000); // another run's ids are not used again
    this.waiting = {};
    this.senders = {};
    this.quiet = 0;
    this.hello();
}

Daemon.prototype.next = function () { return ++this.id; };

// A host's method need not know `apply`, so a call is written for each number of arguments.
Daemon.prototype.send = function (name, atoms) {
    var words = ["address"];
    if (!this.senders[atoms.length]) {
        for (var i = 0; i < atoms.length; i++) { words.push("atoms[" + i + "]"); }
        this.senders[atoms.length] = new Function("connection", "address", "atoms",
            "connection.sendMessage(" + words.join(", ") + ");");
    }
    this.senders[atoms.length](this.connection, "/bandmate/" + name, atoms);
};

Daemon.prototype.hello = function () { this.ask("hello", [1, this.ours, "Bitwig"], this); };

// Sends a request until something answers it, and now and then until all has; `owner.hear` is
// told it, and says true where something is missing.
Daemon.prototype.ask = function (name, atoms, owner) {
    var id = this.next();
    this.waiting[id] = { name: name, atoms: [id].concat(atoms), owner: owner, age: 0, tries: 0, answered: false };
    this.send(name, this.waiting[id].atoms);
    return id;
};

Daemon.prototype.forget = function () {
    for (var id in this.waiting) { if (this.waiting[id].owner instanceof Job) { delete this.waiting[id]; } }
};

Daemon.prototype.tick = function () {
    for (var id in this.waiting) {
        var asked = this.waiting[id];
        if (++asked.age % (asked.answered ? 4 * REASK : REASK)) { continue; }
        if (!asked.answered && ++asked.tries > GIVE_UP) {
            return this.lost();
        } else {
            this.send(asked.name, asked.atoms);
        }
    }
    if (++this.quiet % 100 === 0) { this.ask(this.connected ? "ping" : "hello", this.connected ? [] : [1, this.ours, "Bitwig"], this); }
};

Daemon.prototype.lost = function () {
    if (job) { job.end(NOBODY); }
    if (this.connected) { tell(NOBODY); }
    this.connected = false;
    this.waiting = {};
};

Daemon.prototype.hear = function (message) {
    var name = message.getAddressPattern().substring("/bandmate/".length), atoms = atomsOf(message);
    if (name === "welcome") {
        var anew = !this.connected;
        this.connected = true;
        if (anew) {
            tell("connected");
            band.follow(band.on.get());
        }
    } else if (name === "bye") {
        this.lost();
    }
    if (/^(begin|part|change|chunk|end|resend|received)$/.test(name)) {
        if (job && job.upload) { job.upload.hear(name, atoms); }
        if (job && job.download) { job.download.hear(name, atoms); }
    }
    if (name === "refused" && job && job.upload && atoms[0] === job.upload.id) { return job.end(atoms[2]); }
    var asked = this.waiting[atoms[0]];
    if (!asked) { return; }
    asked.answered = true;
    if (name === "refused" && atoms[1] === "hello_first") {
        this.connected = false; // it was started anew
        this.hello();
    }
    if (asked.owner && asked.owner !== this && asked.owner.hear(name, atoms)) {
        asked.answered = false; // ask again: an answer is missing
    } else if (/^(welcome|ok|pong|done|refused)$/.test(name)) {
        delete this.waiting[atoms[0]];
    }
};

function atomsOf(message) {
    var tags = message.getTypeTag().replace(",", ""), atoms = [];
    for (var i = 0; i < tags.length; i++) {
        var tag = tags.charAt(i);
        atoms.push(tag === "s" ? String(message.getString(i)) : tag === "i" ? message.getInt(i) : message.getFloat(i));
    }
    return atoms;
}

// Note lists, as docs/protocol.md tells under "Note lists".

function checksum(notes) {
    var sum = 1;
    notes.forEach(function (note) {
        [note[0], Math.round(note[1] * 960), Math.round(note[2] * 960), note[3], note[4]].forEach(function (number) {
            sum = (sum * 31 + number) % 65521;
        });
    });
    return sum;
}

function Upload(phrase, owner) {
    var notes = phrase.notes, chunks = Math.ceil(notes.length / CHUNK), id = daemon.next();
    var tempo = transport.tempo().value().getRaw(), metre = transport.timeSignature();
    this.id = id;
    this.owner = owner;
    this.age = 0;
    this.chunks = [];
    this.head = [
        ["begin", [id, notes.length, chunks, 1, 2, ticks(phrase.beats)]],
        ["part", [id, 0, phrase.role, 0, track.name().get()]],
        ["change", [id, 0, 0, "tempo", tempo, 0]],
        ["change", [id, 1, 0, "metre", metre.numerator().get(), metre.denominator().get()]]
    ];
    for (var i = 0; i < chunks; i++) {
        var atoms = [id, i];
        notes.slice(i * CHUNK, (i + 1) * CHUNK).forEach(function (note) {
            atoms.push(note[0], ticks(note[1]), ticks(note[2]), note[3], note[4]);
        });
        this.chunks.push(atoms);
    }
    this.last = ["end", [id, checksum(notes)]];
    this.start();
    this.chunks.forEach(function (atoms) { daemon.send("chunk", atoms); });
    daemon.send.apply(daemon, this.last);
}

function ticks(beats) { return Math.round(beats * 960) / 960; }

Upload.prototype.start = function () {
    this.head.forEach(function (message) { daemon.send(message[0], message[1]); });
};

Upload.prototype.hear = function (name, atoms) {
    if (atoms[0] !== this.id) { return; }
    if (name === "received") {
        this.owner.begin(this.id);
    } else if (name === "resend") {
        if (atoms[1] < 0) { this.start(); } else { daemon.send("chunk", this.chunks[atoms[1]]); }
        daemon.send.apply(daemon, this.last);
    }
};

Upload.prototype.tick = function () {
    if (++this.age % REASK === 0) { daemon.send.apply(daemon, this.last); }
    if (this.age > REASK * GIVE_UP) { daemon.lost(); }
};

function Download(take, whole, failed) {
    var self = this;
    this.whole = whole;
    this.parts = [];
    this.chunks = [];
    this.age = 0;
    this.id = daemon.ask("notes", [take], { hear: function (name, atoms) { if (name === "refused") { failed(atoms[2]); } } });
    this.failed = failed;
}

Download.prototype.hear = function (name, atoms) {
    if (atoms[0] !== this.id) { return; }
    this.age = 0;
    this.begun = true;
    if (name === "begin") {
        this.begin = { notes: atoms[1], chunks: atoms[2], parts: atoms[3], beats: atoms[5] };
    } else if (name === "part") {
        this.parts[atoms[1]] = atoms[2];
    } else if (name === "chunk") {
        this.chunks[atoms[1]] = atoms.slice(2);
    } else if (name === "end") {
        this.sum = atoms[1];
    }
    this.look(name === "end");
};

// Whether all is there; what is missing is asked for again once the end has come.
Download.prototype.look = function (asking) {
    var notes = [], missing = [];
    if (!this.begin || this.sum === undefined || count(this.parts) < this.begin.parts) {
        if (asking && this.begun) { daemon.send("resend", [this.id, -1]); }
        return;
    }
    for (var i = 0; i < this.begin.chunks; i++) {
        var chunk = this.chunks[i];
        if (!chunk) { missing.push(i); continue; }
        for (var at = 0; at < chunk.length; at += 5) { notes.push(chunk.slice(at, at + 5)); }
    }
    if (missing.length) {
        if (asking) { missing.forEach(function (index) { daemon.send("resend", [this.id, index]); }, this); }
        return;
    }
    if (notes.length !== this.begin.notes || checksum(notes) !== this.sum) { return this.failed("the notes came damaged"); }
    daemon.send("received", [this.id, notes.length]);
    delete daemon.waiting[this.id];
    this.whole({ parts: this.parts, notes: notes, beats: this.begin.beats });
};

Download.prototype.tick = function () {
    if (++this.age % REASK === 0) { this.look(true); }
    if (this.age > REASK * GIVE_UP) { daemon.lost(); }
};

function count(table) {
    var found = 0;
    for (var key in table) { if (table[key] !== undefined) { found++; } }
    return found;
}

// The live band follows Bitwig's transport; what it plays comes from the MIDI port Bandmate Out. Only a band that
// was set to follow is stopped from here: another may be playing with it elsewhere.

function Band(settings) {
    var self = this;
    this.turned = {};
    this.following = false;
    this.on = settings.getBooleanSetting("Follow Bitwig", "Band", false);
    this.on.markInterested();
    [transport.isPlaying(), transport.playPosition(), transport.isArrangerLoopEnabled(), transport.arrangerLoopStart(),
        transport.arrangerLoopDuration(), transport.tempo().value(), transport.timeSignature().numerator(),
        transport.timeSignature().denominator()].forEach(function (value) { value.markInterested(); });
    this.on.addValueObserver(function (on) { self.follow(on); });
    transport.isPlaying().addValueObserver(function () { self.say(); });
    this.turn("Energy", "energy", 0.5);
    this.turn("Swing", "swing", 0);
    settings.getSignalSetting("Fill", "Band", "Fill").addSignalObserver(function () { self.dial("fill", 1); });
    settings.getSignalSetting("Ending", "Band", "Ending").addSignalObserver(function () { self.dial("ending", 1); });
}

Band.prototype.turn = function (label, key, usual) {
    var self = this, setting = host.getDocumentState().getNumberSetting(label, "Band", 0, 1, 0.01, "", usual);
    this.turned[key] = setting;
    setting.addRawValueObserver(function (value) { self.dial(key, Math.round(value * 100) / 100); });
};

Band.prototype.dial = function (key, value) {
    if (daemon && daemon.connected && this.on.get()) { daemon.ask("band", [key, value], this); }
};

Band.prototype.follow = function (on) {
    if (!daemon || !daemon.connected || (!on && !this.following)) { return; }
    this.following = on;
    if (on) { daemon.ask("clock", ["host"], this); }
    for (var key in this.turned) { this.dial(key, Math.round(this.turned[key].getRaw() * 100) / 100); }
    daemon.ask("band", ["play", on ? 1 : 0], this);
};

Band.prototype.hear = function (name, atoms) { if (name === "refused") { tell(atoms[2]); } };

Band.prototype.tick = function () {
    this.age = (this.age || 0) + 1;
    if (transport.isPlaying().get() && this.age % 2 === 0) { this.say(); }
};

Band.prototype.say = function () {
    if (!daemon || !daemon.connected || !this.on.get()) { return; }
    var metre = transport.timeSignature();
    daemon.send("host", [daemon.next(), transport.isPlaying().get() ? 1 : 0, transport.playPosition().get(),
        transport.tempo().value().getRaw(), metre.numerator().get(), metre.denominator().get(),
        transport.isArrangerLoopEnabled().get() ? 1 : 0, transport.arrangerLoopStart().get(),
        transport.arrangerLoopDuration().get()]);
};
