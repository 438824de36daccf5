@NullMarked
package org.podbridge.servlet.container;

import org.jspecify.annotations.NullMarked;
