package io.godwit.control.ledger;

/**
 * A migration whose outcome the ledger has not yet decided. While a record carries one, the VM belongs to it.
 *
 * @param epoch the VM's epoch when it was prepared; {@code Commit} makes it {@code epoch + 1}
 */
public record PreparedMigration(String migrationId, long epoch, HostIdentity source, HostIdentity target) {}
