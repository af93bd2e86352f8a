// Original file: proto/heliu/v1/settlement.proto


export interface TreeNodeRequest {
  'messageId'?: (string);
  'agreementId'?: (string);
  'periodId'?: (string);
  'prefixes'?: (string)[];
}

export interface TreeNodeRequest__Output {
  'messageId': (string);
  'agreementId': (string);
  'periodId': (string);
  'prefixes': (string)[];
}
