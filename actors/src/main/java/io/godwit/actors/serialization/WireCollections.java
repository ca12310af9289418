package io.godwit.actors.serialization;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Collections by what they mean, not by the class that happens to hold them: a list, a sorted set, a sorted map. They
 * arrive unmodifiable. A count is believed only as far as there are bytes left to back it.
 */
final class WireCollections {
    private WireCollections() {}

    static void register(Kryo kryo) {
        kryo.register(byte[].class, new Bytes(), 16);
        kryo.register(List.class, new Lists(), 10);
        kryo.register(SortedSet.class, new SortedSets(), 11);
        kryo.register(SortedMap.class, new SortedMaps(), 12);
    }

    /** The type under which a class is registered, or the class itself. */
    static Class<?> canonical(Class<?> type) {
        if (List.class.isAssignableFrom(type)) {
            return List.class;
        } else if (SortedSet.class.isAssignableFrom(type)) {
            return SortedSet.class;
        } else if (SortedMap.class.isAssignableFrom(type)) {
            return SortedMap.class;
        }
        return type;
    }

    private static void writeAll(Kryo kryo, Output output, Collection<?> values) {
        output.writeVarInt(values.size(), true);
        for (Object value : values) {
            kryo.writeClassAndObject(output, value);
        }
    }

    private static int readCount(Input input) {
        return Math.max(0, ((BoundedInput) input).readCount());
    }

    private static final class Bytes extends Serializer<byte[]> {
        @Override
        public void write(Kryo kryo, Output output, byte[] bytes) {
            output.writeVarInt(bytes.length, true);
            output.writeBytes(bytes);
        }

        @Override
        public byte[] read(Kryo kryo, Input input, Class<? extends byte[]> type) {
            return input.readBytes(readCount(input));
        }
    }

    private static final class Lists extends Serializer<List<?>> {
        @Override
        public void write(Kryo kryo, Output output, List<?> list) {
            writeAll(kryo, output, list);
        }

        @Override
        public List<?> read(Kryo kryo, Input input, Class<? extends List<?>> type) {
            int count = readCount(input);
            List<Object> list = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                list.add(kryo.readClassAndObject(input));
            }
            return Collections.unmodifiableList(list);
        }
    }

    private static final class SortedSets extends Serializer<SortedSet<?>> {
        @Override
        public void write(Kryo kryo, Output output, SortedSet<?> set) {
            writeAll(kryo, output, set);
        }

        @Override
        public SortedSet<?> read(Kryo kryo, Input input, Class<? extends SortedSet<?>> type) {
            int count = readCount(input);
            SortedSet<Object> set = new TreeSet<>();
            for (int i = 0; i < count; i++) {
                set.add(kryo.readClassAndObject(input));
            }
            return Collections.unmodifiableSortedSet(set);
        }
    }

    private static final class SortedMaps extends Serializer<SortedMap<?, ?>> {
        @Override
        public void write(Kryo kryo, Output output, SortedMap<?, ?> map) {
            output.writeVarInt(map.size(), true);
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                kryo.writeClassAndObject(output, entry.getKey());
                kryo.writeClassAndObject(output, entry.getValue());
            }
        }

        @Override
        public SortedMap<?, ?> read(Kryo kryo, Input input, Class<? extends SortedMap<?, ?>> type) {
            int count = readCount(input);
            SortedMap<Object, Object> map = new TreeMap<>();
            for (int i = 0; i < count; i++) {
                map.put(kryo.readClassAndObject(input), kryo.readClassAndObject(input));
            }
            return Collections.unmodifiableSortedMap(map);
        }
    }
}
