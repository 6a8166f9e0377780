/**
 * What stands behind {@code io.ashlar.engine.api}: the parts of an engine put together, without
 * actors in signatures.
 */
package io.ashlar.engine.facade;
