package io.godwit.vmm.kvm;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** 32-bit x86 code for guests of a few instructions. */
final class Code {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Code raw(int... values) {
        for (int value : values) {
            bytes.write(value);
        }
        return this;
    }

    private Code imm32(long value) {
        return raw((int) value, (int) (value >>> 8), (int) (value >>> 16), (int) (value >>> 24));
    }

    /** {@code mov eax, imm32} */
    Code eax(long value) {
        return raw(0xb8).imm32(value);
    }

    /** {@code mov al, imm8} */
    Code al(int value) {
        return raw(0xb0, value);
    }

    /** {@code mov dx, imm16} */
    Code dx(int value) {
        return raw(0x66, 0xba, value, value >>> 8);
    }

    /** {@code out dx, al} */
    Code outAl() {
        return raw(0xee);
    }

    /** {@code in al, dx} */
    Code inAl() {
        return raw(0xec);
    }

    Code out(int port, int value) {
        return dx(port).al(value).outAl();
    }

    Code in(int port) {
        return dx(port).inAl();
    }

    Code print(String text) {
        dx(0x3f8);
        for (byte letter : text.getBytes(StandardCharsets.US_ASCII)) {
            al(letter).outAl();
        }
        return this;
    }

    /** {@code out 0xf4, al}: the code is one byte. */
    Code exitAl() {
        return raw(0xe6, 0xf4);
    }

    /** {@code out 0xf4, eax}: the code is four bytes. */
    Code exitEax() {
        return raw(0xe7, 0xf4);
    }

    Code exit(int code) {
        return al(code).exitAl();
    }

    /** Stays here for ever. */
    Code stop() {
        return raw(0xeb, 0xfe);
    }

    /** {@code mov eax, [address]} */
    Code load(long address) {
        return raw(0xa1).imm32(address);
    }

    int position() {
        return bytes.size();
    }

    /** {@code jmp} back to a position. */
    Code jumpTo(int position) {
        int distance = position - (position() + 5);
        return raw(0xe9).imm32(distance);
    }

    byte[] build() {
        return bytes.toByteArray();
    }
}
