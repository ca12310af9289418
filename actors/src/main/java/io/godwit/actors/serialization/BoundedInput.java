package io.godwit.actors.serialization;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;

/** Refuses lengths that the bytes left cannot back, before anything is allocated for them. */
final class BoundedInput extends Input {
    BoundedInput(byte[] bytes) {
        super(bytes);
    }

    /** Of a string, in characters and one more: each takes at least a byte. */
    @Override
    public int readVarIntFlag(boolean optimizePositive) {
        int lengthPlusOne = super.readVarIntFlag(optimizePositive);
        checked(lengthPlusOne - 1L, "string");
        return lengthPlusOne;
    }

    /** Of an array or a collection, whose elements take at least a byte each. */
    int readCount() {
        return checked(readVarInt(true), "sequence");
    }

    private int checked(long count, String what) {
        if (count < -1 || count > limit() - position()) {
            throw new KryoException(
                    "a " + what + " of length " + count + " in the " + (limit() - position()) + " bytes left");
        }
        return (int) count;
    }
}
