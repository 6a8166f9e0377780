/** Tests of the driver {@code file}, on real files. */
package io.ashlar.driver.file;
