package io.godwit.actors.serialization;

import com.esotericsoftware.kryo.io.ByteBufferOutput;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.Pool;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.ByteBufferSerializer;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * Messages between hosts, by Kryo with every type registered. The manifest is the version of the format itself; the
 * types inside are numbered by {@link WireTypes}.
 */
public final class WireSerializer extends SerializerWithStringManifest implements ByteBufferSerializer {
    static final String FORMAT = "1";
    private static final int IDENTIFIER = 7_301;
    private static final int MAX_MESSAGE_BYTES = 256 << 10;

    private final Pool<WireKryo> kryos;

    public WireSerializer(ExtendedActorSystem system) {
        ActorRefResolver resolver = ActorRefResolver.get(Adapter.toTyped(system));
        this.kryos = new Pool<>(true, false, 16) {
            @Override
            protected WireKryo create() {
                return new WireKryo(resolver);
            }
        };
    }

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object message) {
        return FORMAT;
    }

    @Override
    public byte[] toBinary(Object message) {
        Output output = new Output(512, MAX_MESSAGE_BYTES);
        write(message, output);
        return output.toBytes();
    }

    @Override
    public void toBinary(Object message, ByteBuffer buffer) {
        ByteBufferOutput output = new ByteBufferOutput(buffer);
        write(message, output);
    }

    private void write(Object message, Output output) {
        WireKryo kryo = kryos.obtain();
        try {
            kryo.writeClassAndObject(output, message);
        } finally {
            kryos.free(kryo);
        }
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        return fromBinary(ByteBuffer.wrap(bytes), manifest);
    }

    @Override
    public Object fromBinary(ByteBuffer buffer, String manifest) throws NotSerializableException {
        if (!manifest.equals(FORMAT)) {
            throw new NotSerializableException(
                    "message format \"" + manifest + "\": this version reads \"" + FORMAT + "\"");
        }
        if (buffer.remaining() > MAX_MESSAGE_BYTES) {
            throw new NotSerializableException(
                    "message of " + buffer.remaining() + " bytes: at most " + MAX_MESSAGE_BYTES + " are accepted");
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        WireKryo kryo = kryos.obtain();
        try {
            BoundedInput input = new BoundedInput(bytes);
            Object message = kryo.readClassAndObject(input);
            if (message == null || input.position() != bytes.length) {
                throw new NotSerializableException("message of " + bytes.length + " bytes: it ends at byte "
                        + input.position() + (message == null ? " and is null" : ""));
            }
            return message;
        } catch (RuntimeException malformed) {
            throw new NotSerializableException("message of " + bytes.length + " bytes: " + malformed.getMessage());
        } finally {
            kryos.free(kryo);
        }
    }
}
