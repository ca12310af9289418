package io.godwit.control.placement;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The leading numbers of {@code uname -r}: {@code 6.1} of {@code 6.1.0-21-amd64}. */
public final class KernelRelease {
    private static final Pattern RELEASE = Pattern.compile("(\\d{1,6})\\.(\\d{1,6})(?:\\D.*)?");

    private KernelRelease() {}

    /** Whether one may carry on what the other saved: as new, or not to be compared. */
    public static boolean isAsNew(String release, String asThis) {
        Matcher one = RELEASE.matcher(release);
        Matcher other = RELEASE.matcher(asThis);
        if (!one.matches() || !other.matches()) {
            return true;
        }
        int major = Integer.compare(number(one, 1), number(other, 1));
        return major > 0 || (major == 0 && number(one, 2) >= number(other, 2));
    }

    private static int number(Matcher matcher, int group) {
        return Integer.parseInt(matcher.group(group));
    }
}
