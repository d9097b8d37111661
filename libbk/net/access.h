/*
 * How a server is reached, and how each side proves who it is.  Plain data:
 * whoever fills it keeps the texts alive as long as what was opened with it.
 * {0} is a valid one: TLS verified against the system's certificates, no
 * password, no proxy, whatever the environment says.
 */

#ifndef BK_NET_ACCESS_H
#define BK_NET_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#define BK_ACCESS_TIMEOUT_S 60

struct bk_access {
	/* Where secrets come from, as in crypto/password.h; NULL: none. */
	const char *password;       /* of the user in the URL; S3: secret key */
	const char *token;          /* S3 session token */
	const char *proxy_password; /* of the user in `proxy` */
	const char *client_key_password;

	const char *ca;          /* PEM file instead of the system's */
	const char *pin;         /* "sha256//BASE64[;sha256//...]": the
				    server's public key, beside all else */
	const char *client_cert; /* PEM files; the key may be in the first */
	const char *client_key;
	const char *proxy; /* http:// https:// socks5h://; NULL: none */

	const char *known_hosts; /* SFTP; NULL: ~/.ssh/known_hosts */
	const char *ssh_key;     /* SFTP: private key file; NULL: password */
	bool accept_new;         /* SFTP: write an unknown host key down */

	const char *region; /* S3; NULL: us-east-1 */
	bool virtual_host;  /* S3: bucket.host instead of host/bucket */
	bool netrc;         /* login from ~/.netrc */
	bool allow_cleartext;
	/* The server is of this host, and gets no password: where it offers
	 * TLS, its certificate need not be for that name, unless `ca` or `pin`
	 * say who it is. */
	bool here;

	uint32_t timeout_s; /* nothing came or went, no answer; 0: 60 */
};

#endif
