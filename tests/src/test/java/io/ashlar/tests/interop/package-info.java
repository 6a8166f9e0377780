/** What Ashlar and QEMU see of each other's work on one image, and how bad input is met. */
package io.ashlar.tests.interop;
