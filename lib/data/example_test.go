package data_test

import (
	"fmt"
	"strings"

	"scorelab/lib/data"
)

func ExampleDigits() {
	digits, err := data.Digits()
	if err != nil {
		fmt.Println(err)
		return
	}
	train, held, err := digits.Split(data.DigitsTrain)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train.N, held.N, digits.H, digits.W, digits.Labels[:5])
	for row := range 11 { // every second row of the first digit
		for col := 4; col < 24; col++ {
			fmt.Print(string(".-+#"[data.Byte(digits.Image(0)[(2*row+5)*28+col])/64]))
		}
		fmt.Println()
	}
	// Output:
	// 9000 1000 28 28 [9 3 7 0 9]
	// ....................
	// ........#######+....
	// ......+#########+...
	// ......#########.....
	// .......+#######.....
	// .........-###-......
	// ........####-.......
	// .......####.........
	// ......####-.........
	// .....####-..........
	// ......+#-...........
}

func ExampleReadCSV() {
	points, err := data.ReadCSV(strings.NewReader("x,y,class\n0.5,1,0\n-0.5,2,1\n"), "class")
	fmt.Println(points.N, points.D, points.Columns, points.Row(1), points.Labels, err, points.Validate())
	_, err = data.ReadCSV(strings.NewReader("x,y\n0.5,1\n-0.5,two\n"), "")
	fmt.Println(err)
	// Output:
	// 2 2 [x y] [-0.5 2] [0 1] <nil> <nil>
	// data: line 3: column 2 (y): "two" is no number
}

// A file that pandas wrote with its index. The index is no coordinate.
func ExampleReader() {
	const text = ",x,y\n0,0.5,1\n1,-0.5,2\n"
	_, err := data.ReadCSV(strings.NewReader(text), "")
	reason, _, _ := strings.Cut(err.Error(), ": write the file")
	fmt.Println(reason)
	points, err := data.Reader{Index: data.IndexDrop}.CSV(strings.NewReader(text))
	fmt.Println(points.Columns, points.X, err)
	// Output:
	// data: line 1: column 1: the column has no name, as an index that pandas writes
	// [x y] [0.5 1 -0.5 2] <nil>
}
