// The Live API, in one place: objects by their ids, properties as what they are, functions found before they are called.
//
// One LiveAPI object is pointed at whatever is asked about; observers have one each for as long as the device lives.
// Nothing here may run before live.thisdevice has said that it is ready.

var Live = (function () {
    "use strict";

    var api = null;
    var known = {}; // whether a class has a function or property, as far as it was asked

    function number(id) {
        return parseInt(String(id).replace(/^id\s*/, ""), 10) || 0;
    }

    // The one LiveAPI object, pointed at an object's id.
    function at(id) {
        api = api || new LiveAPI();
        api.id = id;
        return api;
    }

    // The id of what stands at a path, 0 for nothing.
    function find(path) {
        api = api || new LiveAPI();
        api.path = path;
        return number(api.id);
    }

    // A property of one value; get() gives a list even then.
    function get(id, property) {
        var value = at(id).get(property);
        return Array.isArray(value) ? value[0] : value;
    }

    function text(id, property) {
        var value = at(id).get(property);
        return Array.isArray(value) ? value.join(" ") : String(value);
    }

    function list(id, property) {
        var value = at(id).get(property);
        return Array.isArray(value) ? value : [value];
    }

    // Which class of Live's object model an object is of.
    function kind(id) {
        return String(at(id).type);
    }

    // The ids of a property that holds Live objects: ["id", 3, "id", 5] is [3, 5], and ["id", 0] is none.
    function ids(id, property) {
        var value = at(id).get(property);
        return (Array.isArray(value) ? value : []).filter(function (atom) {
            return typeof atom === "number" && atom !== 0;
        });
    }

    function set(id, property, value) {
        at(id).set(property, value);
    }

    function call() {
        var words = Array.prototype.slice.call(arguments, 1), thing = at(arguments[0]);
        return thing.call.apply(thing, words);
    }

    // The first id in what a function gave back, 0 where there is none.
    function idIn(answer) {
        var atoms = Array.isArray(answer) ? answer : [answer];
        return atoms.map(number).filter(function (id) {
            return id !== 0;
        })[0] || 0;
    }

    // Whether this version of Live has a function or property of that name.
    function has(id, kind, name) {
        var member = [at(id).type, kind, name].join(" ");
        if (!known.hasOwnProperty(member)) {
            known[member] = String(api.info).split("\n").some(function (line) {
                var words = line.split(" ");
                return words[0] === kind && words[1] === name;
            });
        }
        return known[member];
    }

    // What a function that answers with a dictionary gave: text of JSON, or the object itself.
    function parsed(answer) {
        var value = Array.isArray(answer) ? answer[0] : answer;
        if (typeof value === "string") {
            try {
                return JSON.parse(value);
            } catch (problem) {
                return {};
            }
        }
        return value || {};
    }

    function notes(answer) {
        return parsed(answer).notes || [];
    }

    // Calls `changed(value)` at once and whenever the property changes. Nothing may be changed in Live from inside it.
    function observe(path, property, changed) {
        var observer = new LiveAPI(function (atoms) {
            if (atoms[0] === property) {
                changed(atoms.length > 2 ? atoms.slice(1) : atoms[1]);
            }
        }, path);
        observer.property = property;
        return observer;
    }

    function forget() {
        api = null;
    }

    return {
        call: call,
        find: find,
        forget: forget,
        get: get,
        has: has,
        idIn: idIn,
        ids: ids,
        kind: kind,
        list: list,
        notes: notes,
        observe: observe,
        set: set,
        text: text
    };
}());
