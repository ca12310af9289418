/**
 * How a host is emptied for maintenance, and gets back what was moved away: pure decisions. What must outlast a restart
 * is in the ledger ({@link io.godwit.control.ledger.HostMaintenance}); a {@link
 * io.godwit.control.maintenance.MaintenanceRun} carries on from there, from what the ledger says of the VMs.
 */
@NullMarked
package io.godwit.control.maintenance;

import org.jspecify.annotations.NullMarked;
