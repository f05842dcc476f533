package figure

import (
	"bytes"
	"fmt"
	"image/png"
)

// stillZoom makes stills sharp on high-density screens.
const stillZoom = 2

// PNG draws a still picture, with two device pixels for each logical one.
func PNG(f Figure) ([]byte, error) {
	img, err := f.render(stillZoom)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("figure: encode PNG: %w", err)
	}
	return b.Bytes(), nil
}
