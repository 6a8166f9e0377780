/** Changes of a graph when participants refuse, die, hang or answer late. */
package io.ashlar.engine.reopen;
