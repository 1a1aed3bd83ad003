// Command usual is POST /api/v1/order as it is usually built: the default configuration of the SDK, a router framework, its
// validator, and marshalling by reflection. It is a module of its own, for comparison only: nothing of it is linked
// anywhere else.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	ginadapter "github.com/awslabs/aws-lambda-go-api-proxy/gin"
	"github.com/gin-gonic/gin"
)

type money struct {
	Amount   int64  `json:"amount" binding:"min=0" dynamodbav:"amount"`
	Currency string `json:"currency" binding:"oneof=RUB KZT USD EUR" dynamodbav:"currency"`
}

type line struct {
	Name           string  `json:"name" binding:"required,max=128" dynamodbav:"name"`
	Price          money   `json:"price" dynamodbav:"price"`
	Quantity       float64 `json:"quantity" binding:"gt=0,max=99999.999" dynamodbav:"quantity"`
	VAT            string  `json:"vat,omitempty" binding:"max=16" dynamodbav:"vat,omitempty"`
	PaymentSubject string  `json:"payment_subject,omitempty" binding:"max=32" dynamodbav:"subject,omitempty"`
}

type order struct {
	PK         string    `json:"-" dynamodbav:"pk"`
	SK         string    `json:"-" dynamodbav:"sk"`
	UUID       string    `json:"uuid" dynamodbav:"uuid"`
	Status     string    `json:"status" dynamodbav:"st"`
	Link       string    `json:"link" dynamodbav:"link"`
	Project    string    `json:"project" binding:"required,max=128" dynamodbav:"project"`
	Email      string    `json:"email" binding:"required,email" dynamodbav:"email"`
	ExternalID string    `json:"external_id,omitempty" binding:"max=64" dynamodbav:"external_id,omitempty"`
	Items      []line    `json:"items" binding:"required,min=1,max=100,dive" dynamodbav:"items"`
	Total      money     `json:"total" binding:"-" dynamodbav:"total"`
	CreatedAt  time.Time `json:"created_at" dynamodbav:"created_at"`
}

type shop struct {
	db    *dynamodb.Client
	table string
}

func (s *shop) authenticate(c *gin.Context) {
	sum := sha256.Sum256([]byte(strings.TrimPrefix(c.GetHeader("Authorization"), "Bearer ")))
	key, err := attributevalue.MarshalMap(map[string]string{"pk": "TOKEN#" + hex.EncodeToString(sum[:]), "sk": "TOKEN"})
	if err != nil {
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	if _, err := s.db.GetItem(c, &dynamodb.GetItemInput{TableName: &s.table, Key: key, ConsistentRead: aws.Bool(true)}); err != nil {
		c.AbortWithStatus(http.StatusServiceUnavailable)
	}
}

func (s *shop) createOrder(c *gin.Context) {
	var o order
	if err := c.ShouldBindJSON(&o); err != nil {
		c.JSON(http.StatusUnprocessableEntity, gin.H{"error": err.Error()})
		return
	}
	o.UUID, o.Status, o.CreatedAt = rand.Text(), "created", time.Now().UTC()
	o.PK, o.SK, o.Link = "ORDER#"+o.UUID, "ORDER", os.Getenv("BASE_URL")+"/p/"+o.UUID
	for _, i := range o.Items {
		o.Total = money{o.Total.Amount + int64(float64(i.Price.Amount)*i.Quantity+0.5), i.Price.Currency}
	}
	item, err := attributevalue.MarshalMap(o)
	if err != nil {
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	absent, err := expression.NewBuilder().WithCondition(expression.AttributeNotExists(expression.Name("pk"))).Build()
	if err != nil {
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	_, err = s.db.PutItem(c, &dynamodb.PutItemInput{
		TableName: &s.table, Item: item, ConditionExpression: absent.Condition(), ExpressionAttributeNames: absent.Names(),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if err != nil {
		c.AbortWithStatus(http.StatusServiceUnavailable)
		return
	}
	c.JSON(http.StatusCreated, o)
}

func main() {
	c, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	s := &shop{db: dynamodb.NewFromConfig(c), table: os.Getenv("TABLE_NAME")}
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(gin.Recovery(), s.authenticate)
	router.POST("/api/v1/order", s.createOrder)
	proxy := ginadapter.NewV2(router)
	lambda.Start(func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		return proxy.ProxyWithContext(ctx, event)
	})
}
