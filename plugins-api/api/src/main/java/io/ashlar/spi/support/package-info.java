/** Small helpers that several drivers share; no part of the contract between engine and drivers. */
package io.ashlar.spi.support;
