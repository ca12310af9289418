package io.godwit.control.balance;

import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Vm;
import java.util.List;

/** What a move turned out to be worth. */
public final class MeasuredGain {
    private MeasuredGain() {}

    /**
     * By how much the imbalance is lower with the VM at its new host than it would be at its old one, all else as it is now;
     * 0 where one of the three is gone.
     */
    public static double of(String vmName, String from, String to, Inventory now) {
        Vm vm = now.vm(vmName);
        if (vm == null || now.host(from) == null || now.host(to) == null) {
            return 0;
        }
        return imbalance(now, vm.at(from)) - imbalance(now, vm.at(to));
    }

    private static double imbalance(Inventory now, Vm vm) {
        return Planner.imbalance(now.withVms(List.of(vm)), Measure.LOAD);
    }
}
