package io.godwit.control.ledger;

import java.lang.reflect.RecordComponent;
import org.jspecify.annotations.Nullable;

/** Decoded records hold null only where their components are {@link Nullable}: the compiler cannot see to that. */
final class NullCheck {
    private NullCheck() {}

    /** @throws LedgerFormatException naming the component */
    static void check(Object decoded) {
        if (decoded instanceof Iterable<?> elements) {
            elements.forEach(NullCheck::check);
        } else if (decoded instanceof Object[] elements) {
            for (Object element : elements) {
                check(element);
            }
        } else if (decoded instanceof Record record) {
            for (RecordComponent component : record.getClass().getRecordComponents()) {
                checkComponent(record, component);
            }
        }
    }

    private static void checkComponent(Record record, RecordComponent component) {
        Object value = value(record, component);
        if (value != null) {
            check(value);
        } else if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
            throw new LedgerFormatException("ledger " + record.getClass().getSimpleName() + " has no "
                    + component.getName() + "; expected a value");
        }
    }

    private static @Nullable Object value(Record record, RecordComponent component) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new LedgerFormatException("ledger " + record.getClass().getSimpleName() + " cannot be checked", e);
        }
    }
}
