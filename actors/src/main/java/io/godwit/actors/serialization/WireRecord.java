package io.godwit.actors.serialization;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.serializers.RecordSerializer;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record whose components are what they are declared to be: Kryo alone takes null for anything, and any registered
 * type for an element of a collection. Found here, a stranger's slip is a refused message; found later, it is an
 * exception in the actor that believed it.
 */
final class WireRecord<T> extends RecordSerializer<T> {
    private final Class<T> type;
    private final List<Component> components = new ArrayList<>();

    /** @param elements types of a collection's elements, or of a map's keys and values; empty for anything else */
    private record Component(RecordComponent declared, boolean nullable, List<Class<?>> elements) {}

    WireRecord(Class<T> type) {
        super(type);
        this.type = type;
        for (RecordComponent declared : type.getRecordComponents()) {
            declared.getAccessor().setAccessible(true);
            components.add(new Component(
                    declared,
                    declared.getAnnotatedType().isAnnotationPresent(Nullable.class),
                    elements(declared.getGenericType())));
        }
    }

    private static List<Class<?>> elements(Type declared) {
        if (!(declared instanceof ParameterizedType generic) || !isCollection(generic.getRawType())) {
            return List.of();
        }
        return Arrays.stream(generic.getActualTypeArguments())
                .<Class<?>>map(argument -> argument instanceof Class<?> known ? known : Object.class)
                .toList();
    }

    private static boolean isCollection(Type raw) {
        return raw instanceof Class<?> known
                && (Collection.class.isAssignableFrom(known) || Map.class.isAssignableFrom(known));
    }

    @Override
    public T read(Kryo kryo, Input input, Class<? extends T> asked) {
        T value = super.read(kryo, input, asked);
        for (Component component : components) {
            check(component, get(component.declared(), value));
        }
        return value;
    }

    private static @Nullable Object get(RecordComponent component, Object value) {
        try {
            return component.getAccessor().invoke(value);
        } catch (ReflectiveOperationException impossible) {
            throw new KryoException(impossible);
        }
    }

    private void check(Component component, @Nullable Object value) {
        if (value == null) {
            if (!component.nullable()) {
                throw new KryoException(name(component) + " is missing");
            }
        } else if (!component.elements().isEmpty() && value instanceof Collection<?> collection) {
            collection.forEach(element -> check(component, component.elements().get(0), element));
        } else if (!component.elements().isEmpty() && value instanceof Map<?, ?> map) {
            map.forEach((key, mapped) -> {
                check(component, component.elements().get(0), key);
                check(component, component.elements().get(1), mapped);
            });
        }
    }

    private void check(Component component, Class<?> expected, @Nullable Object element) {
        if (!expected.isInstance(element)) {
            String found = element == null ? "null" : element.getClass().getSimpleName();
            throw new KryoException(
                    name(component) + " holds a " + found + ": " + expected.getSimpleName() + " is expected");
        }
    }

    private String name(Component component) {
        return type.getSimpleName() + "." + component.declared().getName();
    }
}
