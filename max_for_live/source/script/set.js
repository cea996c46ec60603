// The Live set: its song, tracks and clips, as far as the device looks at them.

var LiveSet = (function () {
    "use strict";

    function song() {
        return Live.find("live_set");
    }

    function metre() {
        var id = song();
        return [Live.get(id, "signature_numerator"), Live.get(id, "signature_denominator")];
    }

    function tempo() {
        return Live.get(song(), "tempo");
    }

    function tracks() {
        return Live.ids(song(), "tracks");
    }

    function name(id) {
        return Live.text(id, "name");
    }

    // The track that a clip, a slot or a device is of.
    function trackAbove(id) {
        while (id && Live.kind(id) !== "Track") {
            id = Live.ids(id, "canonical_parent")[0] || 0;
        }
        return id;
    }

    function ownTrack() {
        return trackAbove(Live.find("this_device"));
    }

    // Whether clips of MIDI can be put into the track.
    function takesMidi(track) {
        return Live.get(track, "has_midi_input") === 1 && Live.get(track, "is_foldable") === 0 &&
            !(Live.has(track, "property", "is_frozen") && Live.get(track, "is_frozen") === 1);
    }

    // The MIDI clip of the detail view, 0 where there is none.
    function detailClip() {
        var clip = Live.ids(Live.find("live_set view"), "detail_clip")[0] || 0;
        return clip && Live.get(clip, "is_midi_clip") === 1 ? clip : 0;
    }

    function drumRack(track) {
        return Live.ids(track, "devices").filter(function (device) {
            return Live.has(device, "property", "can_have_drum_pads") &&
                Live.get(device, "can_have_drum_pads") === 1;
        })[0] || 0;
    }

    // The set's key as {root, minor}, or null where Live's scale mode is off or unknown to this version.
    function scale() {
        var id = song(), intervals;
        if (!Live.has(id, "property", "scale_mode") || Live.get(id, "scale_mode") !== 1) {
            return null;
        }
        intervals = Live.list(id, "scale_intervals");
        return {
            root: Live.get(id, "root_note"),
            minor: intervals.indexOf(4) < 0 && intervals.indexOf(3) >= 0
        };
    }

    // Does `work` as one step of Live's undo history, where this version can.
    function asOneStep(work) {
        var id = song(), steps = Live.has(id, "function", "begin_undo_step") &&
            Live.has(id, "function", "end_undo_step");
        if (!steps) {
            return work();
        }
        Live.call(id, "begin_undo_step");
        try {
            return work();
        } finally {
            Live.call(song(), "end_undo_step");
        }
    }

    return {
        asOneStep: asOneStep,
        detailClip: detailClip,
        drumRack: drumRack,
        metre: metre,
        name: name,
        ownTrack: ownTrack,
        scale: scale,
        song: song,
        takesMidi: takesMidi,
        tempo: tempo,
        trackAbove: trackAbove,
        tracks: tracks
    };
}());
