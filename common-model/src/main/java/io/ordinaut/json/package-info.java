/**
 * Reading and writing JSON: one strict mapper, and a reader of fields that names every fault. Pure.
 */
@NullMarked
package io.ordinaut.json;

import org.jspecify.annotations.NullMarked;
