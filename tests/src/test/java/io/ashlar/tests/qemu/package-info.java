/** QEMU's tools as tests drive them: single runs, an interactive qemu-io, a storage daemon. */
package io.ashlar.tests.qemu;
