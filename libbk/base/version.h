/* The version of the toolkit. */

#ifndef BK_BASE_VERSION_H
#define BK_BASE_VERSION_H

#define BK_VERSION "0.1.0"

#endif
