/** The qcow2 image format. */
package io.ashlar.driver.qcow2;
