package kindetest

import (
	"encoding/base64"

	"rsc.io/qr"
)

// qrCode returns text as a QR code in a data URL of a PNG, empty if the text is too long.
func qrCode(text string) string {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return ""
	}
	code.Scale = 4
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG())
}
