// OSC packets as Max's udpsend makes them and udpreceive reads them: ints, floats and strings.
"use strict";

function padded(text) {
    const bytes = Buffer.from(text, "utf8");
    return Buffer.concat([bytes, Buffer.alloc(4 - bytes.length % 4)]);
}

// Max knows whole numbers of a script as ints.
function encode(atoms) {
    const [address, ...rest] = atoms;
    let tags = ",";
    const body = rest.map((atom) => {
        const number = Buffer.alloc(4);
        if (typeof atom === "string") {
            tags += "s";
            return padded(atom);
        }
        if (Number.isInteger(atom)) {
            tags += "i";
            number.writeInt32BE(atom);
        } else {
            tags += "f";
            number.writeFloatBE(atom);
        }
        return number;
    });
    return Buffer.concat([padded(address), padded(tags), ...body]);
}

// The atoms of a packet; null for one that udpreceive drops.
function decode(packet) {
    if (packet.length % 4) {
        return null;
    }
    let at = 0;
    const text = () => {
        const end = packet.indexOf(0, at), found = packet.toString("utf8", at, end);
        at = end + 4 - (end % 4);
        return found;
    };
    const atoms = [text()];
    for (const tag of text().slice(1)) {
        if (tag === "s") {
            atoms.push(text());
        } else {
            atoms.push(tag === "i" ? packet.readInt32BE(at) : packet.readFloatBE(at));
            at += 4;
        }
    }
    return atoms;
}

module.exports = {decode, encode};
