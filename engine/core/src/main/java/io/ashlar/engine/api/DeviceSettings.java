package io.ashlar.engine.api;

/**
 * How a device uses its node.
 *
 * @param name its name; unique
 * @param writable whether it will write
 * @param resizable whether it may change the length
 */
public record DeviceSettings(String name, boolean writable, boolean resizable) {
  /** Reads only. */
  public static DeviceSettings reader(String name) {
    return new DeviceSettings(name, false, false);
  }

  /** Reads and writes. */
  public static DeviceSettings writer(String name) {
    return new DeviceSettings(name, true, false);
  }
}
