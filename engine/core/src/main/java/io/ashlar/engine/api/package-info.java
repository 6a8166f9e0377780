/**
 * What embedders see: {@link io.ashlar.engine.api.Ashlar} and what it hands out. No type of the
 * actor library appears here. Calls that take time return a {@link io.ashlar.engine.api.Reply},
 * which can be waited for or composed.
 */
package io.ashlar.engine.api;
