/* Cutting by content: see cdc.h. */

#include "mail/cdc.h"

#define AVG_BITS 13 /* BK_CDC_AVG */
#define NORMAL   1  /* bits more below the average, and fewer above it */

/* clang-format off */
static const uint64_t gear[256] = {
	0xf61ca5c559f1f3c1, 0x754088b94781c8e3, 0x31dfb117074bd62f,
	0xfbc732d6087d3471, 0x6de99b2694917275, 0xa3ba378aecab23e9,
	0xb3723d19c750f4b1, 0xdb11854256c7500a, 0x86084857e7074dea,
	0xc9df4e382047e1fe, 0x412cadf3d43cc24b, 0x7f3a8be17124dd32,
	0x2933e0e68eb20903, 0x43f30aa3376fee69, 0x24fd7e16a487ec84,
	0x7a9d09e2b58701bb, 0x6b8e1f0e6b64f834, 0xe5c81e39abcb5138,
	0x905090cbfd4b4b26, 0xb3959fdd1fd655bd, 0x47039fa332c7ab85,
	0x88ba89bce4f1a444, 0xe3139bd298d9e864, 0xade2211cbe86dc62,
	0x48c0cdb1fd7d91ae, 0x48cf0e2486b3dc63, 0x75a8ffe5bb8062ef,
	0xb6c892fe09e37926, 0xdee0a91c5ab6701f, 0x8a61278858365980,
	0x8375634dbcdf3fe5, 0x0a096d40972f3f13, 0x130e2275ab55eead,
	0x619a9c49ceb8ee9b, 0x1e3f69124442c39c, 0x4ed9aece84dc35f5,
	0x4fb36e9d0ae9f992, 0x70a6831c5d9bd3f3, 0x595529042d131a49,
	0x1295e6512d5645f8, 0xc0be8508037cb7f3, 0x7a4ad676ec62e4c4,
	0xf1c2ad2994445a3c, 0x6f1def7c10a0ba1a, 0x9b82c018fe170fe3,
	0x83ed222e30ed0f9c, 0xf1cbb79aa16de43e, 0x405087dbc97bb052,
	0x64f4ab3b5a23b8cb, 0xdbfe9ad7a6a044de, 0x6b7346fd32c725b6,
	0x114be8559e5b49f5, 0xac318d4a1b1edb36, 0x9888a1df879eec5d,
	0x3a9c7a4652eee511, 0xd0e77d58470534e2, 0x7ef6ce86620aac04,
	0x3bce61dad50fc548, 0x8a3be61a48c6890e, 0xd43d93265d1261f8,
	0xd7378e396f437ecf, 0x27e56ab38726fb83, 0x5c9145454c3c79d2,
	0x7cbd1174078c046d, 0x0fdf214ea65d8593, 0x509146e9574bdde4,
	0xb8a7680e15fac51b, 0xb864d27c38081d49, 0xeb40f3c914c30c2f,
	0x09223f3682971086, 0x5452ec3650a1be01, 0xe3de64b0999d59d3,
	0xfcc30963c49dded3, 0xd55c1dec3ce20455, 0xd30a7de90c7a31bf,
	0xd326413cea2bd1bd, 0xaa20af51f103d1b2, 0x681b77279ce532fa,
	0xa70f3d6795e72e0c, 0xe3f6cde6e3212f73, 0xb8dc67943a1a4b53,
	0x3c8e6240b9a61d6c, 0x0d6d7874d539e66b, 0x3c1152d257e6f7b5,
	0x9131458e5cd4c7df, 0x975f5d5a3cd38bc8, 0x8678bb9933ee0fff,
	0xf33eea5568899348, 0x59d7c38684ee3657, 0xe0ff1b96779cabd7,
	0x4b85144aad100570, 0x1fbe49fd1892e938, 0xa35df403ad9507b9,
	0x3f4b4769e49c8782, 0x1dffb6f9fd10b7a5, 0x17418d0524a1472d,
	0xc9e11178a07edb77, 0x7da1ae0466af99ba, 0x8aada3efbff11358,
	0x1600001cb8ddf7ed, 0x5e3a04b765e322ee, 0xf12538a9e7f8d873,
	0x7df04176cef82198, 0x17ae39263db7229f, 0x4175aa89165449c4,
	0xcb2008ae0b55d18f, 0xc028c8efbe095f64, 0xfdd39b0a0f7e1ece,
	0x4f6c23cbf099b903, 0x2e7f66e400f4c65e, 0x3117a46af8311990,
	0x59aa12369631c90c, 0xed1c60b5a0d93997, 0xe58450b586ef8c10,
	0x287f42a98a43a02e, 0x1b5d1138cd6170fc, 0x220407207bfb7576,
	0x8f0d35a08ec20ea3, 0xaedb0fd17bb9fb5d, 0x157e87e4695a14c4,
	0xb014b106a523207d, 0xd8cd57fb460684f8, 0x8701dda88cf471ba,
	0x3be863f73cd78962, 0x7ad3eaa8a88ec1e7, 0xdb024f96acded43a,
	0x7b15cfbba6a9f10a, 0x2515533cf90a33bb, 0x3af4d2ae1d6ed20e,
	0xcfc7b20f44a5689b, 0x52c67304860d5629, 0x7803f29f14f39145,
	0xacd1df6cf8bb55f9, 0x96a2086036aae0d0, 0x85223701cba3c27a,
	0x8019ded00d0dd04c, 0xc4d9076483a5b1dc, 0xa83f983985ff836b,
	0x23d1a5dd20a322c7, 0xec393847e9488349, 0x142220ff399adfec,
	0x010d71b4ce76d0d5, 0xc5a6763ee0edd41a, 0x11d33eeecce4a9fb,
	0xa0615cc2a3e5bc39, 0x3605979b230f21bc, 0x375c0b181408b012,
	0x4c134133a740d397, 0x31dcc798e99521d9, 0x116976f6caf974d5,
	0xb8b3d8d6fa03fde9, 0x1e6b74eafe43677a, 0x02129de904e9a75c,
	0x9275f2fe5c69561c, 0x82c8e36793accc68, 0x73dac1a7724e2a95,
	0xc378e97fd93ed200, 0x33fcfb0069484284, 0xfb2defda3d670ba1,
	0x05b4b21cbdedd508, 0x5c28ebf09ac2e2f8, 0x1112d9fa641619d6,
	0xd68a8b5d64110df7, 0xa92c6ee8d5e1fe2f, 0x971a19322ff767c8,
	0x07d90c213624c4e8, 0x7889c24600aa9b78, 0x4d9afcc1008f91eb,
	0x18bb71f48e90c1a1, 0x036e52e29e5cb9d1, 0x751b1eb90b8d19f9,
	0xaacad4950c804bfb, 0x2478fb3494325dbe, 0xa86c652d9ced84b5,
	0x9f029722a9f2a0ec, 0xe39ad9f6976d6834, 0x2b028af6ef87a6d7,
	0xe77a69665de42c63, 0xa630101aec8d01f8, 0x1c58c4d71f242080,
	0xe5c830567c596f96, 0xda8f5af0a80a5b4c, 0x60f887953710650f,
	0x81ceacc91a9a8f2e, 0x05e505c368566db6, 0xb9c37c477f3c099e,
	0xd978410a013a6c2c, 0x9f990986d2d1e755, 0xd6d64fbcb5faf3db,
	0x6718d0af3f09906f, 0xc1b74415b99817ec, 0x932e119c199e0270,
	0xe22a839e5e76ec96, 0x4a0c8f2de452be24, 0xbeda3101f1659d13,
	0x297d91b8fd95a27c, 0x34c096ace5c9ff4f, 0x519ae09cc5af2e4d,
	0xbf23bd88374f7cc5, 0x009ccb7ed7a0487a, 0xf2187af1165fb495,
	0xbcbcb95bb250e20e, 0x1c1a6ff6f18c3b07, 0xb5a0ac6d9e6edc0b,
	0x5a77ee91dd2a5b21, 0xccff86068f62355e, 0xecac65e3db8b3b56,
	0xdccb789bf50123e8, 0x2166ec445b7dd23d, 0x741ef7b86386cf21,
	0x02878258d48941fc, 0x0998ed050c88485e, 0xb95f9b4623c6972f,
	0x5b3647f84d6f2b97, 0xcba2d2202d048c31, 0xec784cd5550368a7,
	0xdae441cb9bb556ca, 0x841a9f3e7d02ea7a, 0x07feb52e6253e016,
	0x79241d32a42e32df, 0x51e8fff3e3329a97, 0x043e81393a927bf6,
	0x8cb77ab71e030096, 0x05275f672dce5bcc, 0xea8589af63c5a563,
	0x9f03a34e5717da53, 0x8aab4a96e425648b, 0x249e28c9889b88a8,
	0x5991d88974d2425e, 0xfea9c494ae324dfa, 0x95322ef114eb6634,
	0x0a81e57b29b37569, 0xe620f3b8fa84514c, 0x39c606d05cc0c67e,
	0x5819f986b50e31f1, 0x1c66adf60d52dfbc, 0x505c11a6b6e82ff7,
	0xb49d403b99cda51a, 0xde22dba70b044462, 0x6a68144510e10038,
	0x8b1a283f711fe150, 0xa90dbb538b292c85, 0xd88ea3a86a9f4915,
	0xd95093deac8714c5, 0x0dd4b7040024a665, 0xd111071196802b5d,
	0x9a550723b916469d, 0x266cc64cd4ebc687, 0x1f8be61b5b106a68,
	0x5b7050e083cdf95a, 0xb42383eb63035ae9, 0x882c7698a58fbc56,
	0x5abfb0ad948c33a3, 0xc6495916bd41bde1, 0x8e9ebbd2eb5b6a42,
	0x9fb79ebd8d18d55d,
};
/* clang-format on */

unsigned bk_cdc_shift(uint64_t message_len)
{
	unsigned shift = 0;

	while (shift < BK_CDC_SHIFT_MAX &&
	       message_len >> (AVG_BITS + shift) > BK_CDC_PIECES_MAX)
		shift++;
	return shift;
}

/*
 * Goes on with *hash from `at` to `end`.  Returns the place behind the first
 * byte at which the upper `bits` bits of the hash are all 0; 0 if there is
 * none.  Two bytes at a time, as in FastCDC's later paper (IEEE TPDS 31
 * (2020)): the hash behind the second does not wait for that behind the first.
 */
static size_t roll(const uint8_t *bytes, size_t at, size_t end, unsigned bits,
		   uint64_t *hash)
{
	uint64_t below = (uint64_t)1 << (64 - bits);
	uint64_t h = *hash;

	for (; at + 2 <= end; at += 2) {
		uint64_t first = gear[bytes[at]];
		uint64_t second = gear[bytes[at + 1]];
		uint64_t between = (h << 1) + first;
		h = (h << 2) + ((first << 1) + second);
		if (between < below)
			return at + 1;
		if (h < below)
			return at + 2;
	}
	if (at < end) {
		h = (h << 1) + gear[bytes[at]];
		if (h < below)
			return at + 1;
	}
	*hash = h;
	return 0;
}

size_t bk_cdc_cut(struct bk_view bytes, unsigned shift)
{
	size_t min = BK_CDC_MIN << shift;
	size_t avg = BK_CDC_AVG << shift;
	size_t max = BK_CDC_MAX << shift;
	uint64_t hash = 0;

	if (bytes.len <= min)
		return bytes.len;
	if (max > bytes.len)
		max = bytes.len;
	if (avg > max)
		avg = max;
	size_t cut =
		roll(bytes.data, min, avg, AVG_BITS + shift + NORMAL, &hash);
	if (!cut)
		cut = roll(bytes.data, avg, max, AVG_BITS + shift - NORMAL,
			   &hash);
	return cut ? cut : max;
}
