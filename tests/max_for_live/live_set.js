// A strict stand-in for Live: its objects with their classes, properties and functions, and nothing else. Whatever is
// asked that Live does not have, or told in a wrong type, is an error and is remembered in `faults`.
"use strict";

const NUMBER = "number", TEXT = "string", IDS = "ids";

// class -> {property: [type, whether it can be set]}, functions by name with the types of their arguments
const CLASSES = {
    Song: {
        properties: {
            tempo: [NUMBER, true], signature_numerator: [NUMBER, true], signature_denominator: [NUMBER, true],
            current_song_time: [NUMBER, true], is_playing: [NUMBER, true], loop: [NUMBER, true],
            loop_start: [NUMBER, true], loop_length: [NUMBER, true], tracks: [IDS], scenes: [IDS], view: [IDS],
            root_note: [NUMBER, true], scale_name: [TEXT, true], scale_mode: [NUMBER, true], scale_intervals: [NUMBER]
        },
        functions: {
            create_midi_track: [NUMBER], create_scene: [NUMBER], begin_undo_step: [], end_undo_step: []
        }
    },
    "Song.View": {properties: {detail_clip: [IDS, true], selected_scene: [IDS, true]}, functions: {}},
    Scene: {properties: {name: [TEXT, true]}, functions: {}},
    Track: {
        properties: {
            name: [TEXT, true], color: [NUMBER, true], has_midi_input: [NUMBER], is_foldable: [NUMBER],
            is_frozen: [NUMBER], clip_slots: [IDS], arrangement_clips: [IDS], devices: [IDS],
            canonical_parent: [IDS]
        },
        functions: {create_midi_clip: [NUMBER, NUMBER], duplicate_clip_to_arrangement: [TEXT, NUMBER]}
    },
    ClipSlot: {
        properties: {has_clip: [NUMBER], clip: [IDS], canonical_parent: [IDS]},
        functions: {create_clip: [NUMBER], delete_clip: []}
    },
    Clip: {
        properties: {
            name: [TEXT, true], color: [NUMBER, true], is_midi_clip: [NUMBER], is_arrangement_clip: [NUMBER],
            signature_numerator: [NUMBER, true], signature_denominator: [NUMBER, true], looping: [NUMBER, true],
            loop_start: [NUMBER, true], loop_end: [NUMBER, true], start_marker: [NUMBER, true],
            end_marker: [NUMBER, true], start_time: [NUMBER], end_time: [NUMBER],
            launch_quantization: [NUMBER, true], canonical_parent: [IDS]
        },
        functions: {
            get_notes_extended: [NUMBER, NUMBER, NUMBER, NUMBER], get_selected_notes_extended: [],
            add_new_notes: ["notes"]
        }
    },
    RackDevice: {
        properties: {can_have_drum_pads: [NUMBER], drum_pads: [IDS], name: [TEXT, true], canonical_parent: [IDS]},
        functions: {}
    },
    MaxDevice: {
        properties: {can_have_drum_pads: [NUMBER], name: [TEXT, true], canonical_parent: [IDS]}, functions: {}
    },
    DrumPad: {properties: {note: [NUMBER], name: [TEXT, true], chains: [IDS]}, functions: {}},
    DrumChain: {properties: {name: [TEXT, true]}, functions: {}}
};
// What only newer versions of Live have: feature -> [class, kind, name] each.
const FEATURES = {
    undo: [["Song", "functions", "begin_undo_step"], ["Song", "functions", "end_undo_step"]],
    scale: [
        ["Song", "properties", "scale_mode"], ["Song", "properties", "scale_name"],
        ["Song", "properties", "root_note"], ["Song", "properties", "scale_intervals"]
    ],
    midi_clip: [["Track", "functions", "create_midi_clip"]],
    duplicate: [["Track", "functions", "duplicate_clip_to_arrangement"]]
};
const NOTE_KEYS = ["pitch", "start_time", "duration", "velocity", "mute", "probability", "velocity_deviation",
                   "release_velocity"];
const SCALES = {Major: [0, 2, 4, 5, 7, 9, 11], Minor: [0, 2, 3, 5, 7, 8, 10], Dorian: [0, 2, 3, 5, 7, 9, 10]};

class LiveSet {
    // `plan` is described in tests/live_plan.py.
    constructor(plan) {
        this.plan = plan;
        this.objects = {};
        this.last = 0;
        this.faults = [];
        this.undo = []; // changes by step
        this.step = null;
        this.watchers = [];
        this.classes = JSON.parse(JSON.stringify(CLASSES));
        for (const [feature, rows] of Object.entries(FEATURES)) {
            if (plan.without.includes(feature)) {
                rows.forEach(([name, kind, member]) => delete this.classes[name][kind][member]);
            }
        }
        const song = plan.song;
        this.song = this.make("Song", {
            tempo: song.tempo, signature_numerator: song.metre[0], signature_denominator: song.metre[1],
            current_song_time: song.time, is_playing: 0, loop: 0, loop_start: 0, loop_length: 4, tracks: [],
            scenes: [], root_note: song.root, scale_name: song.scale || "Major", scale_mode: song.scale ? 1 : 0,
            scale_intervals: SCALES[song.scale || "Major"]
        });
        this.view = this.make("Song.View", {detail_clip: [], selected_scene: []});
        for (let row = 0; row < plan.scenes; row += 1) {
            this.song.scenes.push(this.make("Scene", {name: ""}).id);
        }
        this.view.selected_scene = [this.song.scenes[0]];
        plan.tracks.forEach((track) => this.addTrack(track));
        const own = this.objects[this.song.tracks[plan.own]];
        this.device = this.make(
            "MaxDevice", {can_have_drum_pads: 0, name: "Bandmate", canonical_parent: [own.id]}
        );
        own.devices.push(this.device.id);
    }

    make(kind, properties) {
        this.last += 1;
        const object = Object.assign({id: this.last, kind}, properties);
        this.objects[object.id] = object;
        return object;
    }

    addTrack(plan) {
        const track = this.make("Track", {
            name: plan.name, color: plan.color || 0, has_midi_input: plan.midi === false ? 0 : 1,
            is_foldable: plan.group ? 1 : 0, is_frozen: plan.frozen ? 1 : 0, clip_slots: [], arrangement_clips: [],
            devices: [], canonical_parent: [this.song.id]
        });
        this.song.scenes.forEach((scene, row) => this.addSlot(track, (plan.clips || {})[row]));
        (plan.arrangement || []).forEach((clip) => {
            const made = this.addClip(track, clip, {start_time: clip.at, end_time: clip.at + clip.length});
            track.arrangement_clips.push(made.id);
        });
        if (plan.rack) {
            const pads = plan.rack.map(([note, name]) => this.make("DrumPad", {
                note, name, chains: [this.make("DrumChain", {name}).id]
            }).id);
            pads.push(this.make("DrumPad", {note: 127, name: "C8", chains: []}).id);
            track.devices.push(this.make("RackDevice", {
                can_have_drum_pads: 1, drum_pads: pads, name: "Kit", canonical_parent: [track.id]
            }).id);
        }
        this.song.tracks.push(track.id);
        return track;
    }

    addSlot(track, plan) {
        const slot = this.make("ClipSlot", {has_clip: 0, clip: [], canonical_parent: [track.id]});
        track.clip_slots.push(slot.id);
        if (plan) {
            slot.clip = [this.addClip(slot, plan, {}).id];
            slot.has_clip = 1;
        }
    }

    addClip(parent, plan, place) {
        const session = place.start_time === undefined;
        const clip = this.make("Clip", Object.assign({
            name: plan.name || "", color: plan.color || 0, is_midi_clip: plan.audio ? 0 : 1,
            is_arrangement_clip: session ? 0 : 1, signature_numerator: (plan.metre || [4, 4])[0],
            signature_denominator: (plan.metre || [4, 4])[1], looping: plan.looping === false ? 0 : 1,
            loop_start: 0, loop_end: plan.length, start_marker: 0, end_marker: plan.length, start_time: 0,
            end_time: 0, launch_quantization: plan.launch || 0, canonical_parent: [parent.id]
        }, place, plan.markers || {}));
        clip.notes = (plan.notes || []).map((note) => this.stored(note));
        clip.selected = plan.selected || [];
        if (plan.detail) {
            this.view.detail_clip = [clip.id];
        }
        return clip;
    }

    stored(note) {
        return Object.assign({
            mute: 0, probability: 1, velocity_deviation: 0, release_velocity: 64, note_id: this.last += 1
        }, note);
    }

    fault(sentence) {
        const problem = new Error(sentence);
        problem.told = true;
        this.faults.push(sentence);
        throw problem;
    }

    find(path) {
        const root = {live_set: this.song, "live_set view": this.view, this_device: this.device}[path];
        if (root) {
            return root.id;
        }
        const numbered = /^id (\d+)$/.exec(path);
        return numbered ? Number(numbered[1]) : this.fault(`there is nothing at path ${path}`);
    }

    schema(id, kind, name) {
        const object = this.objects[id];
        if (!object) {
            this.fault(`object ${id} does not exist (asked for ${name})`);
        }
        const row = this.classes[object.kind][kind][name];
        if (!row) {
            this.fault(`${object.kind} has no ${name} among its ${kind}`);
        }
        return [object, row];
    }

    get(id, property) {
        const [object, [type]] = this.schema(id, "properties", property), value = object[property];
        return type === IDS ? (value.length ? value.flatMap((one) => ["id", one]) : ["id", 0]) : [].concat(value);
    }

    set(id, property, value) {
        const [object, [type, writable]] = this.schema(id, "properties", property);
        if (!writable) {
            this.fault(`${object.kind}.${property} cannot be set`);
        }
        if (typeof value !== type || value !== value) {
            this.fault(`${object.kind}.${property} is a ${type}, not ${JSON.stringify(value)}`);
        }
        object[property] = value;
        this.changed(`set ${property}`);
    }

    changed(what) {
        if (this.notifying) {
            this.fault("a notification may not change the set");
        }
        if (this.step) {
            this.step.push(what);
        } else {
            this.undo.push([what]);
        }
    }

    notify(property) {
        this.watchers.filter((watcher) => watcher.property === property).forEach((watcher) => {
            this.tell(watcher, this.song.id);
        });
    }

    tell(watcher, id) {
        this.notifying = true;
        try {
            watcher.callback([watcher.property].concat(this.get(id, watcher.property)));
        } finally {
            this.notifying = false;
        }
    }

    call(id, name, words) {
        const [object, types] = this.schema(id, "functions", name);
        if (words.length !== types.length) {
            this.fault(`${name} takes ${types.length} arguments, not ${words.length}`);
        }
        types.forEach((type, at) => {
            if (type !== "notes" && (typeof words[at] !== type || words[at] !== words[at])) {
                this.fault(`${name}: argument ${at} is a ${type}, not ${JSON.stringify(words[at])}`);
            }
        });
        return this[name](object, ...words);
    }

    create_midi_track(song, index) {
        if (index !== -1) {
            this.fault("a track is made at the end");
        }
        this.addTrack({name: `${song.tracks.length + 1}-MIDI`});
        this.changed("create_midi_track");
        this.notify("tracks");
        return ["id", song.tracks[song.tracks.length - 1]];
    }

    create_scene(song, index) {
        if (index !== -1) {
            this.fault("a scene is made at the end");
        }
        song.scenes.push(this.make("Scene", {name: ""}).id);
        song.tracks.forEach((track) => this.addSlot(this.objects[track]));
        this.changed("create_scene");
        return ["id", song.scenes[song.scenes.length - 1]];
    }

    begin_undo_step() {
        if (this.step) {
            this.fault("an undo step is open already");
        }
        this.step = [];
        return 0;
    }

    end_undo_step() {
        if (!this.step) {
            this.fault("no undo step is open");
        }
        this.undo.push(this.step);
        this.step = null;
        return 0;
    }

    writable(track) {
        if (!track.has_midi_input || track.is_foldable || track.is_frozen) {
            this.fault(`no MIDI clip can be made in track ${track.name}`);
        }
    }

    create_clip(slot, length) {
        this.writable(this.objects[slot.canonical_parent[0]]);
        if (slot.has_clip) {
            this.fault("the slot is not empty");
        }
        if (!(length > 0)) {
            this.fault("a clip has a length");
        }
        const clip = this.addClip(slot, {length, color: 99, launch: 0}, {});
        clip.made = true;
        slot.clip = [clip.id];
        slot.has_clip = 1;
        this.changed("create_clip");
        return 0;
    }

    delete_clip(slot) {
        if (!slot.has_clip) {
            this.fault("there is no clip to delete");
        }
        if (!this.objects[slot.clip[0]].made) {
            this.fault("a clip that the device did not make is deleted");
        }
        slot.clip = [];
        slot.has_clip = 0;
        this.changed("delete_clip");
        return 0;
    }

    free(track, start, length) {
        this.writable(track);
        track.arrangement_clips.map((id) => this.objects[id]).forEach((clip) => {
            if (clip.start_time < start + length - 1e-9 && clip.end_time > start + 1e-9) {
                this.fault(`the Arrangement of ${track.name} is not empty at ${start}`);
            }
        });
    }

    create_midi_clip(track, start, length) {
        this.free(track, start, length);
        const clip = this.addClip(track, {length, color: 99}, {start_time: start, end_time: start + length});
        track.arrangement_clips.push(clip.id);
        this.changed("create_midi_clip");
        return ["id", clip.id];
    }

    duplicate_clip_to_arrangement(track, words, start) {
        const clip = this.objects[this.find(words)], length = clip.loop_end - clip.loop_start;
        this.free(track, start, length);
        const {id, kind, ...rest} = clip, copy = this.make(kind, {
            ...rest, is_arrangement_clip: 1, start_time: start, end_time: start + length,
            canonical_parent: [track.id]
        });
        track.arrangement_clips.push(copy.id);
        this.changed("duplicate_clip_to_arrangement");
        return ["id", copy.id];
    }

    get_notes_extended(clip, pitch, pitches, time, span) {
        if (pitches < 1 || !(span > 0) || time !== time) {
            this.fault("get_notes_extended: an empty area");
        }
        const notes = clip.notes.filter((note) =>
            note.pitch >= pitch && note.pitch < pitch + pitches && note.start_time >= time &&
            note.start_time < time + span);
        return this.dictionary(notes);
    }

    get_selected_notes_extended(clip) {
        return this.dictionary(clip.selected.map((index) => clip.notes[index]));
    }

    // Live gives text of JSON, or an object, by the version.
    dictionary(notes) {
        return this.plan.without.includes("json") ? {notes} : JSON.stringify({notes});
    }

    add_new_notes(clip, words) {
        if (!words || Object.keys(words).join() !== "notes" || !words.notes.length) {
            this.fault("add_new_notes takes {notes: [...]}");
        }
        for (const note of words.notes) {
            for (const [key, value] of Object.entries(note)) {
                if (!NOTE_KEYS.includes(key) || typeof value !== NUMBER || value !== value) {
                    this.fault(`a note's ${key} cannot be ${JSON.stringify(value)}`);
                }
            }
            if (!(note.pitch >= 0 && note.pitch < 128 && note.velocity >= 1 && note.velocity <= 127 &&
                  note.duration > 0 && note.start_time >= 0)) {
                this.fault(`no note: ${JSON.stringify(note)}`);
            }
            clip.notes.push(this.stored(Object.assign({}, note)));
        }
        this.changed("add_new_notes");
        return 0;
    }

    // The whole set as the tests look at it.
    dump() {
        const clip = (id) => {
            const {notes, ...rest} = this.objects[id];
            return {...rest, notes: notes.map((n) => [n.start_time, n.duration, n.pitch, n.velocity])};
        };
        return {
            scenes: this.song.scenes.length,
            undo: this.undo,
            faults: this.faults,
            open_step: this.step !== null,
            tracks: this.song.tracks.map((id) => this.objects[id]).map((track) => ({
                name: track.name,
                slots: track.clip_slots.map((slot) => this.objects[slot].clip.map(clip)[0] || null),
                arrangement: track.arrangement_clips.map(clip)
            }))
        };
    }
}

// What Max gives a script as LiveAPI: an object that has these members and no others.
function liveApi(set, ready) {
    return function LiveAPI(first, second) {
        const callback = typeof first === "function" ? first : null, path = callback ? second : first;
        const state = {id: 0, property: ""};
        const members = {
            get(property) { return set.get(state.id, property); },
            set(property, value) { set.set(state.id, property, value); },
            call(name, ...words) { return set.call(state.id, name, words); }
        };
        const watcher = {callback, get property() { return state.property; }};
        if (!ready()) {
            set.fault("LiveAPI before live.thisdevice is ready");
        }
        if (path !== undefined) {
            state.id = set.find(path);
        }
        return new Proxy({}, {
            get(target, name) {
                if (name === "id") {
                    return String(state.id);
                }
                if (name === "type") {
                    return set.objects[state.id] ? set.objects[state.id].kind : set.fault(`no object ${state.id}`);
                }
                if (name === "info") {
                    const kind = set.classes[set.objects[state.id].kind];
                    return [`id ${state.id}`, `type ${set.objects[state.id].kind}`]
                        .concat(Object.keys(kind.properties).map((one) => `property ${one} value`))
                        .concat(Object.keys(kind.functions).map((one) => `function ${one}`), ["done"]).join("\n");
                }
                return Object.prototype.hasOwnProperty.call(members, name) ? members[name] :
                    set.fault(`LiveAPI has no ${String(name)}`);
            },
            set(target, name, value) {
                if (name === "id") {
                    state.id = typeof value === "number" ? value : set.fault(`an id is a number, not ${value}`);
                    if (value === 0) {
                        set.watchers = set.watchers.filter((one) => one !== watcher);
                    }
                } else if (name === "path") {
                    state.id = set.find(value);
                } else if (name === "property") {
                    if (!callback) {
                        set.fault("a LiveAPI without a callback observes nothing");
                    }
                    set.schema(state.id, "properties", value);
                    state.property = value;
                    set.watchers.push(watcher);
                    set.tell(watcher, state.id);
                } else {
                    set.fault(`LiveAPI has no ${String(name)} to set`);
                }
                return true;
            }
        });
    };
}

module.exports = {LiveSet, liveApi};
