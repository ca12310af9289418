package io.godwit.node.api;

import java.util.List;

/**
 * An operator's word that a host is dead.
 *
 * @param incarnations the lives of it that the ledger knew
 */
public record ConfirmedDeadInfo(String host, List<String> incarnations) {
    public ConfirmedDeadInfo {
        incarnations = List.copyOf(incarnations);
    }
}
