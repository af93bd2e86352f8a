// Original file: proto/heliu/v1/settlement.proto


export interface ReceiptsRequest {
  'messageId'?: (string);
  'agreementId'?: (string);
  'receiptIds'?: (string)[];
}

export interface ReceiptsRequest__Output {
  'messageId': (string);
  'agreementId': (string);
  'receiptIds': (string)[];
}
