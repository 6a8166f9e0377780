/** Regular files and block devices. */
package io.ashlar.driver.file;
