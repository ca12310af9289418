package io.godwit.transport.codec;

import io.godwit.transport.frame.EncodedPart;
import org.agrona.DirectBuffer;

/**
 * What an encoder made of some neighbouring pages of a run; reused, valid until the encoder is asked for the next one.
 * Longer units are cut into several frames.
 */
public final class EncodedUnit {
    /** Most pages of one unit: what a receiver keeps room for. */
    public static final int MAX_PAGES = EncodedPart.MAX_PAGES;

    /** How the bytes are to be understood. */
    public enum Form {
        /** The pages themselves. */
        RAW,
        /** Compressed together. */
        COMPRESSED,
        /** Differences to what the receiver holds. */
        DELTA
    }

    private Form form = Form.RAW;
    private int method;
    private int firstPage;
    private int pageCount;
    private DirectBuffer bytes;
    private int offset;
    private int length;

    public EncodedUnit(final DirectBuffer empty) {
        bytes = empty;
    }

    /** @param newFirstPage of the unit, counted from the beginning of the run */
    public void set(
            final Form newForm,
            final int newMethod,
            final int newFirstPage,
            final int newPageCount,
            final DirectBuffer newBytes,
            final int newOffset,
            final int newLength) {
        form = newForm;
        method = newMethod;
        firstPage = newFirstPage;
        pageCount = newPageCount;
        bytes = newBytes;
        offset = newOffset;
        length = newLength;
    }

    public Form form() {
        return form;
    }

    /** Compression method, as on the wire; 0 for the other forms. */
    public int method() {
        return method;
    }

    public int firstPage() {
        return firstPage;
    }

    public int pageCount() {
        return pageCount;
    }

    public DirectBuffer bytes() {
        return bytes;
    }

    public int offset() {
        return offset;
    }

    /** Bytes of the unit; less than those of its pages unless raw. */
    public int length() {
        return length;
    }
}
