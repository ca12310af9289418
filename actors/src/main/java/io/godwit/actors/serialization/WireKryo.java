package io.godwit.actors.serialization;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.DefaultInstantiatorStrategy;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;

/** A Kryo that knows the wire types and refuses all others. Not thread-safe. */
final class WireKryo extends Kryo {
    private static final int ACTOR_REF = 15;

    /** The deepest message has nine records and lists within each other; without a limit a few bytes a level end the stack. */
    private static final int MAX_DEPTH = 32;

    WireKryo(ActorRefResolver resolver) {
        setRegistrationRequired(true);
        setReferences(false);
        setMaxDepth(MAX_DEPTH);
        setInstantiatorStrategy(new DefaultInstantiatorStrategy());
        register(ActorRef.class, new ActorRefs(resolver), ACTOR_REF);
        WireCollections.register(this);
        WireTypes.register(this);
    }

    @Override
    @SuppressWarnings("rawtypes") // as declared by Kryo
    public Registration getRegistration(Class type) {
        if (ActorRef.class.isAssignableFrom(type)) {
            return super.getRegistration(ActorRef.class);
        }
        return super.getRegistration(WireCollections.canonical(type));
    }

    private static final class ActorRefs extends Serializer<ActorRef<?>> {
        private final ActorRefResolver resolver;

        ActorRefs(ActorRefResolver resolver) {
            this.resolver = resolver;
        }

        @Override
        public void write(Kryo kryo, Output output, ActorRef<?> ref) {
            output.writeString(resolver.toSerializationFormat(ref));
        }

        @Override
        public ActorRef<?> read(Kryo kryo, Input input, Class<? extends ActorRef<?>> type) {
            String path = input.readString();
            // Pekko hashes the string by raw memory access: null there is not an exception but the end of the JVM.
            if (path == null || !path.startsWith("pekko://") || !path.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
                throw new KryoException("actor reference \"" + path + "\" is not a pekko:// path");
            }
            return resolver.resolveActorRef(path);
        }
    }
}
