/**
 * Driver {@code copy-before-write}: the filter of backups, which saves to a target what a guest is
 * about to overwrite.
 */
package io.ashlar.driver.copybeforewrite;
