/** What it costs that bitmaps survive a crash, beside the targets that were set for it. */
package io.ashlar.bench.cost;
