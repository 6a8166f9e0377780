package io.ashlar.engine.api;

import io.ashlar.spi.NodeOptions;
import java.util.List;
import java.util.Map;

/**
 * A node as queries show it; a snapshot of the moment.
 *
 * @param nodeName its name
 * @param driver its driver
 * @param options its generic options
 * @param arguments the driver's options and children ({@code role -> node name})
 * @param length bytes
 * @param children role to node name
 * @param parents names of parents, devices and jobs
 * @param bitmaps its bitmaps
 * @param details the driver's facts by QEMU's names
 * @param active false after {@code blockdev-set-active}: the image may be somebody else's
 */
public record NodeInfo(
    String nodeName,
    String driver,
    NodeOptions options,
    Map<String, Object> arguments,
    long length,
    Map<String, String> children,
    List<String> parents,
    List<BitmapInfo> bitmaps,
    Map<String, Object> details,
    boolean active) {}
