// What a task is about: the clip in the detail view, or what was played, as the daemon takes it.

var Given = (function () {
    "use strict";

    // The part that a track's notes are, as the parameter Phrase Is says or the track itself.
    function roleOf(track, settings, targets) {
        var role = settings.item("source_role");
        return role === "Auto" ? targets.roleOf(track) : role;
    }

    // A score of one part, drums in General MIDI keys.
    function scoreOf(notes, beats, source, shelf) {
        var map = source.role === "drums" ? shelf.drumMap(source.track) : null,
            part = Music.part(source.role, map ? Drums.toDaemon(notes, map) : notes, source.name);
        return Music.score([part], beats, LiveSet.tempo(), source.metre[0], source.metre[1]);
    }

    function ofClip(task, settings, targets, shelf) {
        var clip = LiveSet.detailClip(), found;
        if (!clip) {
            return {problem: "No clip: click a MIDI clip, or set Phrase From to Played"};
        }
        found = task === "infill" ? Phrase.withGap(clip) : Phrase.ofClip(clip);
        if (found.problem) {
            return found;
        }
        if (!found.notes.length) {
            return {problem: "The clip has no notes that sound"};
        }
        found.source.role = roleOf(found.source.track, settings, targets);
        return {
            score: scoreOf(found.notes, found.beats, found.source, shelf),
            source: found.source,
            span: found.span
        };
    }

    function ofPlayed(settings, played, targets, shelf) {
        var metre = LiveSet.metre(), track = LiveSet.ownTrack(), source,
            found = played.phrase(Number(settings.item("phrase_bars")), Music.barLength(metre[0], metre[1]));
        if (!found.notes.length) {
            return {problem: "Nothing was played into this track yet"};
        }
        source = {
            track: track, role: roleOf(track, settings, targets), name: "Played", metre: metre, slot: 0, start: null
        };
        return {score: scoreOf(found.notes, found.beats, source, shelf), source: source};
    }

    // {score, source, span (infill's bars)} of what a task is about, or {problem}.
    function find(task, settings, played, targets, shelf) {
        if (settings.item("source") === "Clip") {
            return ofClip(task, settings, targets, shelf);
        }
        return task === "infill" ? {problem: "Infill needs a clip: set Phrase From to Clip"} :
            ofPlayed(settings, played, targets, shelf);
    }

    return {find: find};
}());
