/** Disks as pages: what lets a page stream carry volumes. */
@NullMarked
package io.godwit.migration.disk;

import org.jspecify.annotations.NullMarked;
