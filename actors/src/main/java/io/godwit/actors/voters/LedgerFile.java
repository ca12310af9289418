package io.godwit.actors.voters;

/**
 * A backup as operators have it.
 *
 * @param term of the last entry that is in it
 * @param index of that entry
 * @param bytes as {@link io.godwit.control.ledger.BackupCodec} writes them; not copied
 */
@SuppressWarnings("ArrayRecordComponent")
public record LedgerFile(long term, long index, byte[] bytes) {}
